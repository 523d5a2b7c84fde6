/// <reference path="./snowball-stemmers.d.ts" />
import snowball from 'snowball-stemmers';
import { stemmer as porter } from 'stemmer';

/** Snowball's name of a language's algorithm, by the two letters of its code. */
const algorithms: Record<string, string> = {
  de: 'german',
  fr: 'french',
  es: 'spanish',
  it: 'italian',
  pt: 'portuguese',
  nl: 'dutch',
  da: 'danish',
  sv: 'swedish',
  no: 'norwegian',
  nb: 'norwegian',
  fi: 'finnish',
  ro: 'romanian',
  hu: 'hungarian',
  ru: 'russian',
  tr: 'turkish',
};
const stemmers = new Map<string, (word: string) => string>([['en', porter]]);
const remembered = new Map<string, Map<string, string>>();

function stemmerOf(language: string): (word: string) => string {
  let stem = stemmers.get(language);
  if (!stem) {
    const algorithm = algorithms[language];
    const snowballStemmer = algorithm === undefined ? undefined : snowball.newStemmer(algorithm);
    stem = snowballStemmer ? (word) => snowballStemmer.stem(word) : (word) => word;
    stemmers.set(language, stem);
  }
  return stem;
}

/**
 * The stem of a lower-case word: Porter for English, Snowball for fifteen further languages, the word itself for others (prefixes and tolerant equality do the
 * rest there). Remembered, since the answers of a class share their words.
 */
export function stemOf(word: string, lang: string): string {
  const language = lang.slice(0, 2).toLowerCase();
  let known = remembered.get(language);
  if (!known) {
    known = new Map();
    remembered.set(language, known);
  }
  let stem = known.get(word);
  if (stem === undefined) {
    stem = stemmerOf(language)(word);
    if (known.size > 50_000) known.clear();
    known.set(word, stem);
  }
  return stem;
}

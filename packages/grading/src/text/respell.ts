import { distance } from 'fastest-levenshtein';
import { type Token, tokenise } from './tokens.ts';
import { tolerantlyEqual } from './tolerant.ts';

const minJoinedLetters = 4;
const minSplitLetters = 6;
const minPartLetters = 2;
/** From so many letters on a part of a split word may be misread as well. */
const minMisreadLetters = 5;
/** Longer words stay as they are: no language that is stemmed here writes them. */
const maxLetters = 40;

/**
 * Writes the words of an answer as the question does where they are misread or misspelt: a word tolerantly equal to one of `vocabulary` becomes that one, two that make one together are
 * joined, one that is two in a row is split. Words of the vocabulary and numbers stay. For comparing only: every word keeps the place of what was given.
 */
export function respell(tokens: readonly Token[], vocabulary: ReadonlySet<string>, lang: string): Token[] {
  const speller = spellerOf(vocabulary);
  const respelt: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    const next = tokens[index + 1];
    if (!canBeMisread(token) || vocabulary.has(token.word)) {
      respelt.push(token);
      continue;
    }
    const joined = next && canBeMisread(next) ? speller.join(token.word, next.word) : null;
    const words = joined === null ? speller.read(token.word) : [joined];
    const to = joined === null ? token.to : (next as Token).to;
    if (joined !== null) index++;
    if (words[0] === token.word) respelt.push(token);
    else for (const word of words) for (const made of tokenise(word, lang).tokens) respelt.push({ ...made, from: token.from, to });
  }
  return respelt;
}

function canBeMisread(token: Token): boolean {
  return !token.isNumber && token.word.length <= maxLetters;
}

interface Speller {
  /** The word or words of the vocabulary that a word stands for; the word itself when there are none. */
  read(word: string): string[];
  /** The word that two make together; a misread one only where neither of them is known by itself. Null when there is none. */
  join(first: string, second: string): string | null;
}

const spellers = new WeakMap<ReadonlySet<string>, Speller>();

function spellerOf(vocabulary: ReadonlySet<string>): Speller {
  let speller = spellers.get(vocabulary);
  if (!speller) {
    speller = createSpeller(vocabulary);
    spellers.set(vocabulary, speller);
  }
  return speller;
}

function createSpeller(vocabulary: ReadonlySet<string>): Speller {
  const closest = remember((word: string) => closestOf(word, vocabulary));
  const read = remember((word: string) => {
    const known = closest(word);
    return known === null ? (split(word, vocabulary, closest) ?? [word]) : [known];
  });
  const isUnknown = (word: string) => !vocabulary.has(word) && read(word)[0] === word;
  return {
    read,
    join: (first, second) => {
      const letters = first + second;
      if (letters.length < minJoinedLetters || letters.length > maxLetters) return null;
      if (vocabulary.has(letters)) return letters;
      return letters.length >= minSplitLetters && isUnknown(first) && isUnknown(second) ? closest(letters) : null;
    },
  };
}

/** Answers of a class share their words. */
function remember<T>(find: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    if (known.size > 20_000) known.clear();
    const made = find(word);
    known.set(word, made);
    return made;
  };
}

function closestOf(word: string, vocabulary: ReadonlySet<string>): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const other of vocabulary) {
    if (Math.abs(other.length - word.length) > 3 || !tolerantlyEqual(other, word)) continue;
    const far = distance(other, word);
    if (far < least) [best, least] = [other, far];
  }
  return best;
}

/** Two words of the vocabulary in a row, of which a longer one may be misread. */
function split(word: string, vocabulary: ReadonlySet<string>, closest: (word: string) => string | null): string[] | null {
  if (word.length < minSplitLetters) return null;
  for (let at = minPartLetters; at <= word.length - minPartLetters; at++) {
    const [first, second] = [word.slice(0, at), word.slice(at)];
    const read = (part: string) => (vocabulary.has(part) ? part : part.length < minMisreadLetters ? null : closest(part));
    if (!vocabulary.has(first) && !vocabulary.has(second)) continue;
    const [one, other] = [read(first), read(second)];
    if (one !== null && other !== null) return [one, other];
  }
  return null;
}

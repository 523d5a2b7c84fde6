import { distance } from 'fastest-levenshtein';
import { foldLookAlikes } from '../text/tolerant.ts';
import { foldName, isParticle, type PersonTraces } from './known-people.ts';

/** A stretch of a text that names the person at this place of the list. */
export interface FoundPerson {
  start: number;
  end: number;
  person: number;
}

interface Word {
  start: number;
  end: number;
  folded: string;
  /** Written like a name. */
  isCapital: boolean;
}

interface Hit {
  person: number;
  part: string;
  /** Counts also where it is not written like a name. */
  isSure: boolean;
}

/** From so many letters on one of them may be misread. */
const longName = 5;
/** Between two words of one name: blanks, commas, full stops, hyphens; no new paragraph. */
const between = /^(?:[ \t,.;:()'’_-]|\n(?!\s*\n)){1,4}$/u;

/**
 * Words of a text that are names: a name's words beside each other in any order, with initials; and single words, unless they are words of the question (`topic`, folded) or carry
 * grammar. Case does not matter; one misread letter of a long name is forgiven in words that are written like names, or beside another word of the same name.
 */
export function findNames(
  text: string,
  people: readonly PersonTraces[],
  ordinary: { topic: ReadonlySet<string>; grammar: ReadonlySet<string> },
): FoundPerson[] {
  const words = wordsOf(text);
  const index = indexOf(people);
  const hits = words.map((word) => hitsOf(word, index));
  const isTopic = ({ folded }: Word) => ordinary.topic.has(folded);
  const found: FoundPerson[] = [];
  words.forEach((word, at) => {
    const own = hits[at] ?? [];
    const together = companionOf(text, words, hits, at);
    const [first] = own;
    if (together && !(isTopic(word) && isTopic(together.word))) found.push({ ...placeOf(word), person: together.person });
    else if (first && !isTopic(word) && standsAlone(word, own, ordinary.grammar)) found.push({ ...placeOf(word), person: first.person });
    else if (word.folded.length === 1) {
      const person = ownerOfInitial(text, words, hits, at, people);
      if (person !== null) found.push({ ...placeOf(word), person });
    }
  });
  return joinNeighbours(text, found);
}

function placeOf({ start, end }: Word) {
  return { start, end };
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    folded: foldName(word),
    isCapital: /^\p{Lu}/u.test(word),
  }));
}

interface NameIndex {
  exact: Map<string, Hit[]>;
  /** Long parts by length. */
  long: Map<number, Hit[]>;
}

function indexOf(people: readonly PersonTraces[]): NameIndex {
  const exact = new Map<string, Hit[]>();
  const long = new Map<number, Hit[]>();
  const add = <Key>(map: Map<Key, Hit[]>, key: Key, hit: Hit) => map.set(key, [...(map.get(key) ?? []), hit]);
  people.forEach(({ names, joined, isGuess }, person) => {
    for (const part of [...names, ...joined]) {
      add(exact, part, { person, part, isSure: !isGuess });
      if (part.length >= longName) add(long, part.length, { person, part, isSure: false });
    }
  });
  return { exact, long };
}

function hitsOf({ folded }: Word, { exact, long }: NameIndex): Hit[] {
  const same = exact.get(folded) ?? [];
  if (same.length > 0 || folded.length < longName - 1) return same;
  const near = [-1, 0, 1].flatMap((difference) => long.get(folded.length + difference) ?? []);
  return near.filter(({ part }) => distance(part, folded) <= 1 || foldLookAlikes(part) === foldLookAlikes(folded));
}

function standsAlone({ folded, isCapital }: Word, hits: readonly Hit[], grammar: ReadonlySet<string>): boolean {
  if (grammar.has(folded) || isParticle(folded) || folded.length < 2) return false;
  if (folded.length === 2) return isCapital;
  return isCapital || hits.some(({ isSure }) => isSure);
}

/** The word before or after that is another part of the same person's name. */
function companionOf(text: string, words: readonly Word[], hits: readonly Hit[][], at: number): { word: Word; person: number } | null {
  for (const beside of [at - 1, at + 1]) {
    const word = words[beside];
    if (!word || !areNeighbours(text, words, at, beside)) continue;
    for (const own of hits[at] ?? [])
      if (hits[beside]?.some((other) => other.person === own.person && other.part !== own.part)) return { word, person: own.person };
  }
  return null;
}

/** "A. Meyer", "Meyer, A.": whose name has a part that begins so. */
function ownerOfInitial(
  text: string,
  words: readonly Word[],
  hits: readonly Hit[][],
  at: number,
  people: readonly PersonTraces[],
): number | null {
  const initial = words[at];
  if (!initial?.isCapital) return null;
  for (const beside of [at - 1, at + 1]) {
    if (!words[beside]?.isCapital || !areNeighbours(text, words, at, beside)) continue;
    for (const { person, part } of hits[beside] ?? [])
      if (people[person]?.names.some((name) => name !== part && name.startsWith(initial.folded))) return person;
  }
  return null;
}

function areNeighbours(text: string, words: readonly Word[], a: number, b: number): boolean {
  const [first, second] = [words[Math.min(a, b)], words[Math.max(a, b)]];
  return first !== undefined && second !== undefined && between.test(text.slice(first.end, second.start));
}

/** Words of one person's name beside each other are one stretch. */
function joinNeighbours(text: string, found: readonly FoundPerson[]): FoundPerson[] {
  const joined: FoundPerson[] = [];
  for (const stretch of found) {
    const last = joined.at(-1);
    if (last && last.person === stretch.person && between.test(text.slice(last.end, stretch.start))) last.end = stretch.end;
    else joined.push({ ...stretch });
  }
  return joined;
}

import { distance } from 'fastest-levenshtein';
import { areOpposites, foldLookAlikes } from '../text/tolerant.ts';

/** Below that many letters another letter is another word. */
const minLetters = 6;
/** Beyond that many different words only exact ones count, so that the cost stays in proportion to the text. */
const maxWords = 4_000;
/** Of correct words that one slip could stand for, so many are looked at, the frequent ones. */
const maxAlike = 30;
const negations = new Set('cannot without nothing neither nobody nowhere nicht kein keine niemals ohne'.split(' '));

/**
 * For each word of a question's answers (`counts`: how often it is written) the word that it is taken for: itself, or the frequent one of which it is a slip of the pen or
 * of the reading. A word of the question or its key (`known`) is never a slip, nor is one that is written more than a third as often as the other.
 */
export function spellingOf(counts: ReadonlyMap<string, number>, known: ReadonlySet<string>): (word: string) => string {
  const all = new Map([...[...known].map((word) => [word, 0] as const), ...counts]);
  const ordered = [...all]
    .filter(([word]) => isCandidate(word))
    .sort(([a, n], [b, m]) => Number(known.has(b)) - Number(known.has(a)) || m - n || (a < b ? -1 : 1));
  const takenFor = new Map<string, string>();
  const correct = new Map<string, string[]>();
  for (const [word, count] of ordered.slice(0, maxWords)) {
    const keys = keysOf(word);
    const found = known.has(word) ? undefined : find(word, count, keys, correct, { counts, known });
    if (found !== undefined) takenFor.set(word, found);
    else for (const key of keys) push(correct, key, word);
  }
  return (word) => takenFor.get(word) ?? word;
}

function isCandidate(word: string): boolean {
  return word.length >= minLetters && !/\d/.test(word) && !negations.has(word);
}

function find(
  word: string,
  count: number,
  keys: readonly string[],
  correct: ReadonlyMap<string, string[]>,
  { counts, known }: { counts: ReadonlyMap<string, number>; known: ReadonlySet<string> },
): string | undefined {
  const candidates = new Set(keys.flatMap((key) => correct.get(key) ?? []));
  return [...candidates].find((other) => (known.has(other) || count * 3 <= (counts.get(other) ?? 0)) && isSlip(word, other));
}

function push(lists: Map<string, string[]>, key: string, word: string): void {
  const list = lists.get(key);
  if (!list) lists.set(key, [word]);
  else if (list.length < maxAlike) list.push(word);
}

/** The word without any one of its letters, and as look-alikes are folded: words one edit apart share one of these. */
function keysOf(word: string): string[] {
  const keys = new Set([word, foldLookAlikes(word)]);
  for (let at = 0; at < word.length; at++) keys.add(word.slice(0, at) + word.slice(at + 1));
  return [...keys];
}

/**
 * One letter too many, too few, doubled or swapped, or a look-alike. Another letter counts only inside the word: nitrate is not nitrite, and affect is not effect.
 */
function isSlip(word: string, other: string): boolean {
  if (areOpposites(word, other)) return false;
  if (foldLookAlikes(word) === foldLookAlikes(other)) return true;
  const edits = distance(word, other);
  if (word[0] !== other[0]) return false;
  if (word.length !== other.length) return edits === 1 && word.at(-1) === other.at(-1);
  const differing = [...word].flatMap((letter, at) => (letter === other[at] ? [] : [at]));
  const [first = 0, second] = differing;
  if (differing.length === 2 && second === first + 1) return word[first] === other[second] && word[second] === other[first];
  return edits === 1 && first < word.length - 3;
}

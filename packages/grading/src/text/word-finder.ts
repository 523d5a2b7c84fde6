import { tolerantlyEqual } from './tolerant.ts';

export interface FoundWord {
  /** The word of the text that is most like the wanted one; null when none is. */
  word: string | null;
  /** 1 the same or tolerantly equal; less for words that share most of their letter pairs, such as conduct and conductivity. */
  likeness: number;
}

export type WordFinder = (wanted: string) => FoundWord;

const nothing: FoundWord = { word: null, likeness: 0 };
/** Dice coefficient of letter pairs from which words count as related; up to there it is chance. */
const relatedFrom = 0.4;
const minRelatedLetters = 4;

/** Looks up words of a text by likeness, with an index of their letter pairs, so that a look-up costs little even in long answers. */
export function createWordFinder(words: readonly string[]): WordFinder {
  const known = new Set(words);
  const remembered = new Map<string, FoundWord>();
  let index: Map<string, number[]> | undefined;
  const search = (wanted: string): FoundWord => {
    const equal = words.find((word) => tolerantlyEqual(wanted, word));
    if (equal !== undefined) return { word: equal, likeness: 1 };
    if (!canBeRelated(wanted)) return nothing;
    index ??= indexPairs(words);
    return mostRelated(wanted, words, index);
  };
  return (wanted) => {
    if (known.has(wanted)) return { word: wanted, likeness: 1 };
    let found = remembered.get(wanted);
    if (!found) {
      found = search(wanted);
      remembered.set(wanted, found);
    }
    return found;
  };
}

function canBeRelated(word: string): boolean {
  return word.length >= minRelatedLetters && !/\d/.test(word);
}

function indexPairs(words: readonly string[]): Map<string, number[]> {
  const byPair = new Map<string, number[]>();
  words.forEach((word, at) => {
    if (!canBeRelated(word)) return;
    for (const pair of pairsOf(word)) {
      const holders = byPair.get(pair);
      if (holders) holders.push(at);
      else byPair.set(pair, [at]);
    }
  });
  return byPair;
}

function mostRelated(wanted: string, words: readonly string[], byPair: Map<string, number[]>): FoundWord {
  const pairs = pairsOf(wanted);
  const shared = new Map<number, number>();
  for (const pair of pairs) for (const at of byPair.get(pair) ?? []) shared.set(at, (shared.get(at) ?? 0) + 1);
  let best = nothing;
  for (const [at, count] of shared) {
    const word = words[at] as string;
    const dice = (2 * count) / (pairs.size + pairsOf(word).size);
    const likeness = Math.min(1, (dice - relatedFrom) / (1 - relatedFrom));
    if (likeness > best.likeness) best = { word, likeness };
  }
  return best;
}

const pairsByWord = new Map<string, ReadonlySet<string>>();

/** Letter pairs of a word with its beginning and end marked. */
function pairsOf(word: string): ReadonlySet<string> {
  let pairs = pairsByWord.get(word);
  if (!pairs) {
    const marked = `^${word}$`;
    const list = new Set<string>();
    for (let at = 0; at + 2 <= marked.length; at++) list.add(marked.slice(at, at + 2));
    pairs = list;
    if (pairsByWord.size > 50_000) pairsByWord.clear();
    pairsByWord.set(word, pairs);
  }
  return pairs;
}

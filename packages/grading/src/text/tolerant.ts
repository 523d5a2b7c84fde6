import { distance } from 'fastest-levenshtein';

const foldedWords = new Map<string, string>();

/** Look-alikes that readers of handwriting and print mix up, folded to one form. Remembered: answers share their words. */
export function foldLookAlikes(word: string): string {
  let folded = foldedWords.get(word);
  if (folded === undefined) {
    folded = fold(word);
    if (foldedWords.size > 50_000) foldedWords.clear();
    foldedWords.set(word, folded);
  }
  return folded;
}

function fold(word: string): string {
  return word
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replace(/0/g, 'o')
    .replace(/[1i|!]/g, 'l')
    .replace(/5/g, 's')
    .replace(/8/g, 'b');
}

/** Pairs of letters that readers of handwriting and print take for one another. */
const lookAlikes = new Set(
  'ao au ce co eo ft gq gy hb hn hk il ij lt mn nu nr rv sz uv vy vw äa öo üu ßb'
    .split(' ')
    .flatMap((pair) => [pair, [...pair].reverse().join('')]),
);

/** Edit distance in which taking a letter for its look-alike costs a half. */
function readingDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const [x, y] = [a[i - 1] as string, b[j - 1] as string];
      const change = x === y ? 0 : lookAlikes.has(x + y) ? 0.5 : 1;
      current.push(Math.min((previous[j - 1] as number) + change, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}

/** Beginnings that turn a word into its opposite although hardly a letter changes. */
const opposites: Array<[string, string]> = [
  ['endo', 'exo'],
  ['inter', 'intra'],
  ['hyper', 'hypo'],
  ['micro', 'macro'],
  ['ab', 'ad'],
  ['in', 'ex'],
  ['im', 'ex'],
  ['in', 'de'],
  ['pre', 'post'],
  ['over', 'under'],
  ['in', 'out'],
];
const negatingPrefixes = ['a', 'an', 'un', 'in', 'im', 'il', 'ir', 'dis', 'de', 'non', 'anti', 'mis'];

/** True for a beginning that negates the word behind it, as `a` in asynchronous. */
export function isNegatingPrefix(letters: string): boolean {
  return negatingPrefixes.includes(letters);
}

/** True when two words differ by a beginning that reverses the meaning: synchronous and asynchronous, endothermic and exothermic. */
export function areOpposites(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  for (const prefix of negatingPrefixes) if (long.length - short.length === prefix.length && long === prefix + short) return true;
  for (const [one, other] of opposites) {
    for (const [x, y] of [
      [one, other],
      [other, one],
    ] as const)
      if (a.startsWith(x) && b.startsWith(y) && a.length > x.length + 2 && a.slice(x.length) === b.slice(y.length)) return true;
  }
  return false;
}

function isNumber(word: string): boolean {
  const first = word.charCodeAt(0);
  return first >= 48 && first <= 57 && /^[\d.,]+$/.test(word);
}

/**
 * Equality that forgives misreadings and small misspellings: Levenshtein distance 1 (2 from 9 letters), from 4 letters (below 6
 * the first one must agree or look alike: make is not bake), where from 6 letters look-alikes count half; never between numbers or opposites; or equal once look-alikes are folded.
 */
export function tolerantlyEqual(a: string, b: string): boolean {
  if (a === b) return true;
  const shorter = Math.min(a.length, b.length);
  const difference = Math.abs(a.length - b.length);
  if (shorter < 3 || difference > 3 || (isNumber(a) && isNumber(b))) return false;
  if (foldLookAlikes(a) === foldLookAlikes(b)) return true;
  if (shorter < 4) return false;
  if (shorter < 6 && a[0] !== b[0] && !lookAlikes.has(`${a[0]}${b[0]}`)) return false;
  const allowed = shorter >= 9 ? 2 : 1;
  if (difference > allowed) return false;
  const far = distance(a, b);
  if (far > allowed && (shorter < 6 || far > 2 * allowed || readingDistance(a, b) > allowed)) return false;
  return !areOpposites(a, b);
}

/**
 * Sellers' algorithm: the stretch of `text` with the smallest edit distance to `pattern`, as `[from, to)`; null when every stretch is
 * further than `maxDistance`. Time is pattern × text.
 */
export function findApproximately(
  pattern: string,
  text: string,
  maxDistance: number,
): { from: number; to: number; distance: number } | null {
  const m = pattern.length;
  let costs = new Uint16Array(m + 1).map((_, i) => i);
  let begins = new Uint32Array(m + 1);
  let next = new Uint16Array(m + 1);
  let nextBegins = new Uint32Array(m + 1);
  let best: { from: number; to: number; distance: number } | null = null;
  for (let j = 1; j <= text.length; j++) {
    nextBegins[0] = j;
    const character = text.charCodeAt(j - 1);
    for (let i = 1; i <= m; i++) {
      const substitute = (costs[i - 1] as number) + (pattern.charCodeAt(i - 1) === character ? 0 : 1);
      const insert = (costs[i] as number) + 1;
      const remove = (next[i - 1] as number) + 1;
      const cost = Math.min(substitute, insert, remove);
      next[i] = cost;
      nextBegins[i] = (cost === substitute ? begins[i - 1] : cost === insert ? begins[i] : nextBegins[i - 1]) as number;
    }
    [costs, next, begins, nextBegins] = [next, costs, nextBegins, begins];
    const cost = costs[m] as number;
    if (cost <= maxDistance && (best === null || cost < best.distance)) best = { from: begins[m] as number, to: j, distance: cost };
    if (best?.distance === 0) break;
  }
  return best;
}

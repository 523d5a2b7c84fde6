import type { FoundNumber } from './parse-numbers.ts';

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const parts: Record<string, number> = { half: 2, third: 3, quarter: 4, fourth: 4, fifth: 5, sixth: 6, eighth: 8, tenth: 10 };
const german =
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig'.split(
    ' ',
  );

const values = new Map<string, number>([
  ...german.map((word, value) => [word, value] as const),
  ...small.map((word, value) => [word, value] as const),
  ...tens.map((word, index) => [word, (index + 2) * 10] as const),
]);
const multipliers = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
]);

/** Numbers written as words: `seventeen`, `twenty-five`, `two hundred and six`, `a quarter`, `three quarters`; German up to twenty. */
export function parseNumberWords(text: string): FoundNumber[] {
  const words = [...text.toLowerCase().matchAll(/\p{L}+/gu)].map((match) => ({
    word: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }));
  const found: FoundNumber[] = [];
  for (let index = 0; index < words.length; ) {
    const read = readAt(words.slice(index, index + 12).map(({ word }) => word));
    const first = words[index];
    const last = words[index + read.used - 1];
    if (read.used > 0 && first && last)
      found.push({ value: read.value, alternatives: [], from: first.from, to: last.to, isRepaired: false });
    index += Math.max(1, read.used);
  }
  return found;
}

function partOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  return parts[word] ?? parts[word.replace(/s$/, '')] ?? (word === 'halves' ? 2 : undefined);
}

function readAt(words: string[]): { value: number; used: number } {
  const article = words[0] === 'a' || words[0] === 'an';
  const bare = partOf(words[article ? 1 : 0]);
  if (bare !== undefined && (article || words[0] === 'half' || words[0] === 'quarter')) return { value: 1 / bare, used: article ? 2 : 1 };
  const whole = readWhole(words);
  if (whole.used === 0) return whole;
  const denominator = partOf(words[whole.used]);
  return denominator === undefined ? whole : { value: whole.value / denominator, used: whole.used + 1 };
}

function readWhole(words: string[]): { value: number; used: number } {
  let total = 0;
  let current = 0;
  let used = 0;
  for (const [index, word] of words.entries()) {
    const value = values.get(word);
    const multiplier = multipliers.get(word);
    if (value !== undefined) current += value;
    else if (multiplier !== undefined && used > 0) {
      if (multiplier === 100) current *= 100;
      else {
        total += current * multiplier;
        current = 0;
      }
    } else if (word === 'and' && used > 0) continue;
    else break;
    used = index + 1;
  }
  return { value: total + current, used };
}

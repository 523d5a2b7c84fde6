/** Words of this length are found again even where the transcript has another reading order. */
const longEnough = 4;

/**
 * Says of each word that was read whether the transcript has it at that place: longest common subsequence, and of the rest words of four characters and
 * more that the transcript has anywhere. Punctuation around words and the shapes of quotes and dashes do not count.
 */
export function labelWords(read: readonly string[], transcript: string): boolean[] {
  const a = read.map(fold);
  const b = transcript.split(/\s+/u).map(fold).filter(Boolean);
  const right = new Array<boolean>(a.length).fill(false);
  const used = new Array<boolean>(b.length).fill(false);
  for (const [i, j] of commonSubsequence(a, b)) {
    right[i] = true;
    used[j] = true;
  }
  const left = new Map<string, number>();
  for (const [j, word] of b.entries()) if (!used[j] && word.length >= longEnough) left.set(word, (left.get(word) ?? 0) + 1);
  for (const [i, word] of a.entries()) {
    const count = left.get(word) ?? 0;
    if (right[i] || count === 0) continue;
    right[i] = true;
    left.set(word, count - 1);
  }
  return right;
}

function fold(word: string): string {
  const plain = word
    .normalize('NFKC')
    .replace(/[‘’‚‛′`´]/g, "'")
    .replace(/[“”„‟″«»]|''/g, '"')
    .replace(/[‐-―−¬]/g, '-');
  return plain.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '') || plain;
}

/** Pairs of indices of a longest common subsequence. */
function commonSubsequence(a: readonly string[], b: readonly string[]): Array<[number, number]> {
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: Array<[number, number]> = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; )
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  return pairs;
}

/** Letters alone, lower case. */
export const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}]/gu, '');

/** Dice coefficient over letter pairs, 0–1, so that a misread letter does not make two texts different. */
export function similarity(a: string, b: string): number {
  if (a === b) return 1;
  if (a.length < 2 || b.length < 2) return 0;
  const rest = new Map<string, number>();
  for (let i = 1; i < b.length; i++) rest.set(b.slice(i - 1, i + 1), (rest.get(b.slice(i - 1, i + 1)) ?? 0) + 1);
  let common = 0;
  for (let i = 1; i < a.length; i++) {
    const pair = a.slice(i - 1, i + 1);
    const left = rest.get(pair) ?? 0;
    if (left === 0) continue;
    common++;
    rest.set(pair, left - 1);
  }
  return (2 * common) / (a.length + b.length - 2);
}

import { describe, expect, it } from '@jest/globals';
import type { GreyImage } from '../types.ts';
import { removeRules } from './remove-rules.ts';

const size = { width: 400, height: 200 };

function paint(
  areas: Array<{ x: (y: number) => number; y: (x: number) => number; from: [number, number]; to: [number, number] }>,
): GreyImage {
  const data = new Uint8Array(size.width * size.height).fill(240);
  for (const { x, y, from, to } of areas)
    for (let row = from[1]; row < to[1]; row += 1)
      for (let column = from[0]; column < to[0]; column += 1)
        data[Math.round(row + y(column)) * size.width + Math.round(column + x(row))] = 20;
  return { ...size, data };
}
const straight = { x: () => 0, y: () => 0 };
const darkIn = ({ data }: GreyImage, [left, top]: [number, number], [right, bottom]: [number, number]): number => {
  let count = 0;
  for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) if ((data[y * size.width + x] ?? 255) < 128) count += 1;
  return count;
};

describe('removeRules', () => {
  it('takes out level, tilted and upright rules and the dots where they cross', () => {
    const image = paint([
      { ...straight, from: [10, 30], to: [390, 33] },
      { ...straight, y: (x) => x * 0.04, from: [10, 100], to: [390, 103] },
      { ...straight, x: (y) => y * 0.03, from: [60, 10], to: [63, 190] },
    ]);
    expect(darkIn(image, [0, 0], [400, 200])).toBeGreaterThan(2_000);
    expect(darkIn(removeRules(image), [0, 0], [400, 200])).toBe(0);
  });

  it('leaves letters, also where they stand on a rule, and short dashes', () => {
    const kept = removeRules(
      paint([
        { ...straight, from: [100, 20], to: [104, 46] },
        { ...straight, from: [200, 80], to: [240, 83] },
        { ...straight, from: [10, 42], to: [390, 45] },
      ]),
    );
    expect(darkIn(kept, [98, 20], [106, 40])).toBe(4 * 20);
    expect(darkIn(kept, [195, 75], [245, 90])).toBe(40 * 3);
    expect(darkIn(kept, [120, 35], [390, 50])).toBe(0);
  });
});

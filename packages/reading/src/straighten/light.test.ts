import { describe, expect, it } from '@jest/globals';
import type { GreyImage } from '../types.ts';
import { evenLight, lightEvenness, mapLight } from './light.ts';
import { measureSharpness } from './sharpness.ts';

const { abs, max, min } = Math;
const size = { width: 640, height: 800 };

/** Paper in light that falls off to the right, with strokes that let a quarter of the light back. */
function shadedPaper(rightShare: number): GreyImage {
  const data = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1)
    for (let x = 0; x < size.width; x += 1) {
      const light = 240 * (1 - (1 - rightShare) * (x / size.width));
      data[y * size.width + x] = x % 12 < 3 && y % 24 < 14 ? light / 4 : light;
    }
  return { ...size, data };
}

describe('uneven light', () => {
  it('is seen by how dark the paper gets', () => {
    expect(lightEvenness(mapLight(shadedPaper(1)))).toBeGreaterThan(0.98);
    expect(lightEvenness(mapLight(shadedPaper(0.3)))).toBeCloseTo(0.35, 1);
  });

  it.each([
    [0.3, 215],
    [0.1, 180],
  ])('is evened out: paper white and ink dark everywhere, also where %s of the light is left', (rightShare, leastPaper) => {
    const shaded = shadedPaper(rightShare);
    const even = evenLight(shaded, mapLight(shaded));
    const row = (y: number) => [...even.data.subarray(y * size.width + 16, (y + 1) * size.width - 16)];
    expect(Math.min(...row(400 - (400 % 24) + 20))).toBeGreaterThan(leastPaper);
    expect(Math.max(...row(408 + 4).filter((_, i) => (i + 16) % 12 < 3))).toBeLessThan(80);
  });
});

describe('sharpness', () => {
  /** Strokes with edges `px` wide. */
  const strokes = (px: number): GreyImage => {
    const data = new Uint8Array(size.width * size.height);
    for (let i = 0; i < data.length; i += 1) {
      const distance = abs(((i % size.width) % 20) - 10.5) - 5;
      data[i] = 20 + 220 * min(1, max(0, distance / px + 0.5));
    }
    return { ...size, data };
  };

  it('falls with the width of edges, and is none without writing', () => {
    expect(measureSharpness(strokes(0.5))).toBe(1);
    expect(measureSharpness(strokes(2))).toBeCloseTo(0.5, 1);
    expect(measureSharpness(strokes(6))).toBeLessThan(0.25);
    expect(measureSharpness({ ...size, data: new Uint8Array(size.width * size.height).fill(230) })).toBeNull();
  });
});

import { describe, expect, it } from '@jest/globals';
import { expectedRight, wordConfidence } from './word-confidence.ts';

const word = (text: string, confidence: number) => ({ text, confidence, box: [0, 0, 10, 10] as [number, number, number, number] });

describe('wordConfidence', () => {
  it('rises with the engine’s confidence, stays within 0–1 and below what the engine claims at the top', () => {
    const asked = Array.from({ length: 101 }, (_, percent) => wordConfidence('word', percent / 100));
    for (const [index, share] of asked.entries()) {
      expect(share).toBeGreaterThanOrEqual(asked[index - 1] ?? 0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(wordConfidence('word', 0.85)).toBeLessThan(0.85);
    expect(wordConfidence('word', 0.96)).toBeGreaterThan(0.95);
  });

  it('believes marks less than words with a letter or digit', () => {
    expect(wordConfidence('—|', 0.7)).toBeLessThan(0.2);
    expect(wordConfidence('=', 0.96)).toBeLessThan(0.8);
    expect(wordConfidence('É', 0.96)).toBeGreaterThan(0.95);
  });
});

describe('expectedRight', () => {
  it('weighs words by their length, takes a text layer at its word, and expects nothing of nothing', () => {
    expect(expectedRight([word('certain', 1), word('sure', 1)])).toBe(1);
    expect(expectedRight([])).toBe(0);
    const shortWrong = expectedRight([word('photosynthesis', 1), word('a', 0)]);
    const longWrong = expectedRight([word('photosynthesis', 0), word('a', 1)]);
    expect(shortWrong).toBeGreaterThan(0.95);
    expect(longWrong).toBeLessThan(0.3);
  });
});

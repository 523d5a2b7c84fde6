import { describe, expect, it } from '@jest/globals';
import { mapInOrder } from './map-in-order.ts';

describe('mapInOrder', () => {
  it('gives results in the order of the items, with no more than the allowed number at once', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      running++;
      most = Math.max(most, running);
      // Later items finish first.
      for (let i = item; i < 12; i++) await Promise.resolve();
      running--;
      return item * 10;
    };
    const results: number[] = [];
    for await (const result of mapInOrder([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3, work)) results.push(result);
    expect(results).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(most).toBe(3);
  });
});

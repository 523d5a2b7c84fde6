import { expect, it } from '@jest/globals';
import { createCoalesce } from './coalesce.ts';

it('shares the run that begins next, never one that has begun, and forgets both when they end', async () => {
  const coalesce = createCoalesce();
  let runs = 0;
  const ends: Array<() => void> = [];
  const work = () => {
    runs += 1;
    const number = runs;
    return new Promise<number>((resolve) => ends.push(() => resolve(number)));
  };
  const first = coalesce('key', work);
  const [second, third] = [coalesce('key', work), coalesce('key', work)];
  expect(runs).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await new Promise(setImmediate);
  expect(runs).toBe(2);
  const fourth = coalesce('key', work);
  ends[1]?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await new Promise(setImmediate);
  ends[2]?.();
  expect(await fourth).toBe(3);
  const failing = coalesce('key', () => Promise.reject(new Error('no')));
  const after = coalesce('key', async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await after).toBe('yes');
});

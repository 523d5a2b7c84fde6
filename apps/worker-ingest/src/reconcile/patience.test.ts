import { expect, it } from '@jest/globals';
import { createPatience } from './patience.ts';

it('acts on what stays wrong for the grace, and starts anew for what was right in between', () => {
  let now = 0;
  const patience = createPatience(2_000, () => now);
  const round = (at: number, ...keys: string[]) => {
    now = at;
    const ripe = keys.filter((key) => patience.ripe(key));
    patience.endRound();
    return ripe;
  };
  expect(round(0, 'stays', 'flickers')).toEqual([]);
  expect(round(1_500, 'stays')).toEqual([]);
  expect(round(2_000, 'stays', 'flickers')).toEqual(['stays']);
  expect(round(3_900, 'flickers')).toEqual([]);
  expect(round(4_000, 'flickers')).toEqual(['flickers']);
});

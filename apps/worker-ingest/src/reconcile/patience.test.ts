import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { uuidv7obj } from 'uuidv7';
import { ageOf, createPatience } from './patience.ts';

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

it('acts at the first sight of what is older than the grace', () => {
  const patience = createPatience(2_000, () => 0);
  expect([patience.ripe('young', 1_999), patience.ripe('old', 2_000)]).toEqual([false, true]);
});

it('reads the age of an id that tells when it was made', () => {
  const made = uuidv7obj();
  const madeAt = Number.parseInt(made.toHex().slice(0, 12), 16);
  expect(ageOf(made.toString(), () => madeAt + 5_000)).toBe(5_000);
  expect(ageOf(made.toString().toUpperCase(), () => madeAt - 5_000)).toBe(0);
  expect(ageOf(randomUUID())).toBe(0);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';

const day = 86_400_000;
let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await createScratchDatabase();
});
afterAll(() => scratch.drop());

const wanted = (scope: string, more: object = {}) => ({
  ...{ scope, bodyHash: 'body', holder: randomUUID(), createId: randomUUID(), leaseMs: 60_000, keepMs: day },
  ...more,
});

it('one of many that want a key at once holds it; the others are told how long to wait', async () => {
  const { idempotencyKeys } = scratch.database;
  const claims = await Promise.all(Array.from({ length: 30 }, () => idempotencyKeys.claim(wanted('race'))));
  expect(claims.filter(({ state }) => state === 'held')).toHaveLength(1);
  const others = claims.filter((claim) => claim.state === 'running');
  expect(others).toHaveLength(29);
  for (const { retryAfterSeconds } of others) expect(retryAfterSeconds).toBeGreaterThan(50);
});

it('goes to the next when the lease has run out, under the same id; whoever held it before can not answer any more', async () => {
  const { idempotencyKeys } = scratch.database;
  const [first, second] = [wanted('lease', { leaseMs: 0 }), wanted('lease')];
  await idempotencyKeys.claim(first);
  expect(await idempotencyKeys.claim(second)).toEqual({ state: 'held', createId: first.createId });
  await idempotencyKeys.answer({ ...first, answer: { body: 'late', headers: {} } });
  await idempotencyKeys.release({ ...first, forget: true });
  await idempotencyKeys.renew({ ...first, leaseMs: 0 });
  expect(await idempotencyKeys.claim(wanted('lease'))).toMatchObject({ state: 'running' });
  await idempotencyKeys.answer({ ...second, answer: { body: 'a\0b', headers: {} } });
  expect(await idempotencyKeys.claim(wanted('lease'))).toMatchObject({ state: 'answered', answer: { body: 'a\uFFFDb' } });
});

it('is not taken over for another body', async () => {
  const { idempotencyKeys } = scratch.database;
  await idempotencyKeys.claim(wanted('bodies', { leaseMs: 0 }));
  expect(await idempotencyKeys.claim(wanted('bodies', { bodyHash: 'other' }))).toMatchObject({ state: 'running', bodyHash: 'body' });
});

it('let go after nothing happened it begins anew; after something may have, it keeps its id', async () => {
  const { idempotencyKeys } = scratch.database;
  const [first, second, third] = [wanted('let go'), wanted('let go'), wanted('let go')];
  await idempotencyKeys.claim(first);
  await idempotencyKeys.release({ ...first, forget: false });
  expect(await idempotencyKeys.claim(second)).toEqual({ state: 'held', createId: first.createId });
  await idempotencyKeys.release({ ...second, forget: true });
  expect(await idempotencyKeys.claim(third)).toEqual({ state: 'held', createId: third.createId });
});

it('an old one is as good as none, and is swept', async () => {
  const { idempotencyKeys } = scratch.database;
  const first = wanted('old');
  await idempotencyKeys.claim(first);
  await idempotencyKeys.answer({ ...first, answer: { body: 1, headers: {} } });
  const next = wanted('old', { bodyHash: 'other', keepMs: -1 });
  expect(await idempotencyKeys.claim(next)).toEqual({ state: 'held', createId: next.createId });
  expect(await idempotencyKeys.sweep(day)).toBe(0);
  expect(await idempotencyKeys.sweep(-1)).toBeGreaterThan(0);
  expect(await idempotencyKeys.claim(wanted('old'))).toMatchObject({ state: 'held' });
});

import { afterEach, expect, it, jest } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { PostgresGuard } from '../access/postgres-guard.ts';
import { createApiKeys } from './api-keys.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A Postgres that knows one key, or says nothing. */
function keysOn() {
  const actor = { userId: uuidv7(), institutionId: uuidv7(), role: 'TEACHER' as const };
  const state = { silent: false, known: true };
  const guard: PostgresGuard = { ask: async (work) => (state.silent ? { answered: false } : { answered: true, value: await work() }) };
  const findActor = async () => (state.known ? { id: actor.userId, actor, expiresAt: null } : null);
  const apiKeys = createApiKeys({ database: { apiKeys: { findActor } as never }, guard });
  return { apiKeys, state, key: apiKeys.make().key, actor };
}

it('while Postgres is silent the last verified copy counts for fifteen minutes, then it is 503', async () => {
  const { apiKeys, state, key, actor } = keysOn();
  const began = Date.now();
  await apiKeys.verify(key);
  state.silent = true;
  const clock = jest.spyOn(Date, 'now').mockReturnValue(began + 14 * 60_000);
  expect(await apiKeys.verify(key)).toMatchObject({ ...actor, kind: 'api-key' });
  clock.mockReturnValue(began + 15 * 60_000 + 1_000);
  await expect(apiKeys.verify(key)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 });
});

it('a key that was never verified has no copy, and one that Postgres denies loses its own', async () => {
  const { apiKeys, state, key } = keysOn();
  state.silent = true;
  await expect(apiKeys.verify(key)).rejects.toMatchObject({ status: 503 });
  state.silent = false;
  await apiKeys.verify(key);
  state.known = false;
  await expect(apiKeys.verify(key)).rejects.toMatchObject({ status: 401 });
  state.silent = true;
  await expect(apiKeys.verify(key)).rejects.toMatchObject({ status: 503 });
});

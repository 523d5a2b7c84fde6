import { NotFoundError } from '@gradeflow/errors';
import { describe, expect, it } from '@jest/globals';
import { createPostgresGuard } from './postgres-guard.ts';
import { createTurnstile } from './turnstile.ts';

describe('a turnstile', () => {
  it('lets a few through at a time, all in the end, and refuses who finds the queue full', async () => {
    const inTurn = createTurnstile({ guard: createPostgresGuard({ deadlineMs: 10_000 }), atOnce: 2, waiting: 3 });
    const gates: Array<() => void> = [];
    const waitAtGate = () => new Promise<void>((open) => gates.push(open));
    const all = Array.from({ length: 5 }, () => inTurn(waitAtGate));
    await expect(inTurn(waitAtGate)).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(gates).toHaveLength(2);
    for (let passed = 0; passed < 5; passed++) {
      gates[passed]?.();
      await all[passed];
    }
    expect(gates).toHaveLength(5);
  });

  it('passes refusals on and goes on after them', async () => {
    const inTurn = createTurnstile({ guard: createPostgresGuard({ deadlineMs: 10_000 }), atOnce: 1, waiting: 1 });
    const missing = new NotFoundError({ detail: 'not there' });
    await expect(inTurn(() => Promise.reject(missing))).rejects.toBe(missing);
    expect(await inTurn(async () => 1)).toBe(1);
  });

  it('lets nobody wait behind a silent Postgres for longer than the first did', async () => {
    const inTurn = createTurnstile({ guard: createPostgresGuard({ deadlineMs: 100, restMs: 60_000 }), atOnce: 2, waiting: 100 });
    let asked = 0;
    const silent = () => {
      asked++;
      return new Promise<never>(() => {});
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => inTurn(silent)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE_UNAVAILABLE' } });
    expect(asked).toBe(2);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createTurnstile } from './turnstile.ts';

describe('a turnstile', () => {
  it('lets a few through at a time, all in the end, and refuses who finds the queue full', async () => {
    const inTurn = createTurnstile({ atOnce: 2, waiting: 3 });
    const gates: Array<() => void> = [];
    const waitAtGate = () => new Promise<void>((open) => gates.push(open));
    const all = Array.from({ length: 5 }, () => inTurn(waitAtGate));
    await expect(inTurn(waitAtGate)).rejects.toMatchObject({ status: 503, retryable: true });
    expect(gates).toHaveLength(2);
    for (let passed = 0; passed < 5; passed++) {
      gates[passed]?.();
      await all[passed];
    }
    expect(gates).toHaveLength(5);
  });

  it('passes errors on and goes on after them', async () => {
    const inTurn = createTurnstile({ atOnce: 1, waiting: 1 });
    const broken = new Error('broken');
    await expect(inTurn(() => Promise.reject(broken))).rejects.toBe(broken);
    expect(await inTurn(async () => 1)).toBe(1);
  });
});

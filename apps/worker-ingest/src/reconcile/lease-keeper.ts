import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Lease } from '@gradeflow/database';
import type { Logger } from '@gradeflow/logger';

/** Who reconciles: this process under this lease, another one, or nobody can say because Postgres is away. */
export type LeaseState = Lease | 'elsewhere' | 'unknown';

export interface LeaseKeeper {
  current(): LeaseState;
  /** Lets another process have the lease at once. */
  close(): Promise<void>;
}

export interface LeaseKeeperOptions {
  leases: Database['leases'];
  log: Logger;
  /** How long a holder that is gone keeps the others out, at most. Default 4 s. */
  ttlMs?: number;
  /** How often the lease is renewed, or asked for. Default 1 s. */
  everyMs?: number;
}

export const reconcilerLease = 'reconciler';

/**
 * Keeps, or waits for, the one lease that all replicas share. What it says is never older than the lease lives: a process that was frozen finds itself
 * without one when it wakes, and its fence number, if it has still a write on its way, is refused by Postgres.
 */
export function startLeaseKeeper({ leases, log, ttlMs = 4_000, everyMs = 1_000 }: LeaseKeeperOptions): LeaseKeeper {
  const holder = randomUUID();
  const stop = new AbortController();
  // Until the first answer, or the first time there is none.
  let state: LeaseState = 'elsewhere';
  let validUntil = Number.POSITIVE_INFINITY;

  const ask = async () => {
    // Counted from before the call: the database began to count later.
    const asked = performance.now();
    try {
      const lease = await leases.take({ name: reconcilerLease, holder, ttlMs });
      if (lease && (typeof state === 'string' || state.fence !== lease.fence)) log.info({ fence: lease.fence }, 'this process reconciles');
      state = lease ?? 'elsewhere';
      validUntil = asked + ttlMs;
    } catch (error) {
      // What is held stays held for as long as it was given; who has none can't know.
      if (typeof state === 'string') state = 'unknown';
      log.debug({ err: error }, 'Postgres does not say who reconciles');
    }
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      await ask();
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => {}); // Only the stop ends it early.
    }
  };
  const running = run();

  return {
    current: () => (performance.now() < validUntil ? state : 'unknown'),
    close: async () => {
      stop.abort();
      await running;
      if (typeof state === 'string') return;
      await leases.release(state).catch((error: unknown) => log.debug({ err: error }, 'the lease runs out by itself'));
    },
  };
}

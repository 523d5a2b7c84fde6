import { withDeadline } from '@gradeflow/lifecycle';
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import { ReplyError } from 'ioredis';
import type { Redis } from './connect.ts';

export type Asked<T> = { answered: true; value: T } | { answered: false; cause: unknown };

/** Questions to Redis that have an answer without it. */
export interface RedisGuard {
  /** What `work` gives; `answered: false` at once when Redis is not connected or was silent a moment ago, else within the deadline. Never throws. */
  ask<T>(work: (redis: Redis) => Promise<T>): Promise<Asked<T>>;
}

/**
 * How a question ended: Redis answered (a refusal is an answer), it was sent and got none, or it was not sent, because there is no connection
 * (`away`) or Redis was silent a moment ago (`resting`). The last two cost nothing.
 */
export type AskOutcome = 'answered' | 'silent' | 'away' | 'resting';
/** Told of every question, with how long its asker has waited. */
export type AskObserver = (outcome: AskOutcome, waitedMs: number) => void;

/** Redis answers, but not now: it loads its data, changes master or slots. */
const passing = /^(LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|UNBLOCKED)/;

/** True for faults of the connection or of the moment, which another try may not meet; false for what Redis refuses for good. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ReplyError) || passing.test((error as Error).message);
}

export interface GuardOptions {
  deadlineMs?: number;
  restMs?: number;
  onAsked?: AskObserver;
}

/**
 * A dead Redis costs microseconds: nothing is sent over a connection that is not ready, and after one silence nothing is sent for `restMs`. A silent one
 * costs one caller `deadlineMs` per rest, all others nothing. A timed-out command may still have been carried out.
 */
export function createRedisGuard(redis: Redis, options: GuardOptions = {}): RedisGuard {
  const { deadlineMs = 150, restMs = 1_000, onAsked = () => {} } = options;
  const breaker = circuitBreaker(handleWhen(isTransient), { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(1) });
  return {
    ask: async (work) => {
      const began = performance.now();
      const note = (outcome: AskOutcome) => onAsked(outcome, performance.now() - began);
      if (redis.status !== 'ready') {
        note('away');
        return { answered: false, cause: new Error(`the connection is ${redis.status}`) };
      }
      try {
        const value = await breaker.execute(() => withDeadline(work(redis), deadlineMs));
        note('answered');
        return { answered: true, value };
      } catch (cause) {
        note(outcomeOf(cause));
        return { answered: false, cause };
      }
    },
  };
}

function outcomeOf(error: unknown): AskOutcome {
  if (error instanceof BrokenCircuitError) return 'resting';
  return isTransient(error) ? 'silent' : 'answered';
}

/** Tries again what failed for a passing reason: three more times, after waits that grow and hold chance, 200 ms at most each. Only for work that may happen twice. */
export function retryTransient<T>(work: () => Promise<T>): Promise<T> {
  return transient.execute(work);
}

const transient = retry(handleWhen(isTransient), {
  maxAttempts: 3,
  backoff: new ExponentialBackoff({ initialDelay: 20, maxDelay: 200, generator: decorrelatedJitterGenerator }),
});

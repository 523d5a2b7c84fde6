import { createHmac, hash } from 'node:crypto';
import { setInterval } from 'node:timers';
import type { Database, KeptAnswer } from '@gradeflow/database';
import { AppError, ConflictError, ValidationError } from '@gradeflow/errors';
import type { Request } from 'express';
import { uuidv7 } from 'uuidv7';

/** A call that carries a key, and what it would do. */
export interface KeyedCall {
  /** Person, method and path, key. */
  scope: readonly string[];
  /** What must be the same for the answer to be the same. */
  body: unknown;
}

export interface Idempotency {
  /**
   * Does the work once for a key: gives the first answer again, also when the work is done in another process. `work` creates under the id that it is
   * given; what it gives is kept for 24 h, null is not kept. What it throws lets the key go.
   * Throws ValidationError IDEMPOTENCY_KEY_REUSED (422), ConflictError IDEMPOTENCY_IN_PROGRESS (409).
   */
  once(call: KeyedCall, work: (createId: string) => Promise<KeptAnswer | null>): Promise<KeptAnswer | null>;
  /** Removes keys whose time is over. */
  sweep(): Promise<number>;
}

interface Deps {
  database: Pick<Database, 'idempotencyKeys'>;
  /** Bodies hold passwords and names: their hashes say nothing to whoever lacks this. */
  secret: string;
  /** How long a holder that says nothing keeps others out. */
  leaseMs: number;
}

const keepMs = 24 * 60 * 60 * 1000;

/** The `Idempotency-Key` of a request. Throws ValidationError for a key that is none. */
export function idempotencyOf(req: Request): { scope: string; key: string } | null {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new ValidationError({
      detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.',
      errors: [{ path: '/Idempotency-Key', message: 'is not usable' }],
    });
  return { scope: `${req.method} ${req.path.toLowerCase()}`, key };
}

/** Keys in Postgres, since what they protect is there: without it nothing is created, and with it a key holds, whatever Redis does. */
export function createIdempotency({ database, secret, leaseMs }: Deps): Idempotency {
  const keys = database.idempotencyKeys;
  const hashOf = (value: unknown) => createHmac('sha256', secret).update(JSON.stringify(value)).digest('base64url');

  const run = async (held: { scope: string; holder: string }, work: () => Promise<KeptAnswer | null>): Promise<KeptAnswer | null> => {
    const renewing = setInterval(() => void keys.renew({ ...held, leaseMs }).catch(() => {}), leaseMs / 3);
    try {
      const answer = await work();
      // An answer that can not be kept now is made again from what was created: it has happened and is told.
      await (answer ? keys.answer({ ...held, answer }) : keys.release({ ...held, forget: true })).catch(() => {});
      return answer;
    } catch (error) {
      const nothingHappened = error instanceof AppError && error.status < 500;
      await keys.release({ ...held, forget: nothingHappened }).catch(() => {});
      throw error;
    } finally {
      clearInterval(renewing);
    }
  };

  return {
    once: async (call, work) => {
      const [scope, bodyHash, holder] = [hashOf(call.scope), hashOf(call.body ?? null), uuidv7()];
      const claim = await keys.claim({ scope, bodyHash, holder, createId: uuidv7(), leaseMs, keepMs });
      if (claim.state === 'held') return run({ scope, holder }, () => work(claim.createId));
      if (claim.bodyHash !== bodyHash) throw keyReused();
      if (claim.state === 'running') throw inProgress(claim.retryAfterSeconds);
      return { ...claim.answer, headers: { ...claim.answer.headers, 'Idempotency-Replayed': 'true' } };
    },
    sweep: () => keys.sweep(keepMs),
  };
}

/**
 * Creates under an id that an earlier attempt of the same call may have used already: then what that one made is given. Two attempts never make two.
 */
export async function createOnce<T>(insert: () => Promise<T>, findEarlier: () => Promise<T | null>): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    const earlier = error instanceof ConflictError && error.code === 'ALREADY_EXISTS' ? await findEarlier() : null;
    if (earlier === null) throw error;
    return earlier;
  }
}

/** Ids for a call that creates several things: the first is its own, the others follow from it. */
export function idsUnder(createId: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => (at === 0 ? createId : childId(`${createId} ${at}`)));
}

/** A UUIDv8: 122 bits of a hash. */
function childId(name: string): string {
  const hex = hash('sha256', name);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function keyReused(): ValidationError {
  return new ValidationError({
    code: 'IDEMPOTENCY_KEY_REUSED',
    status: 422,
    detail: 'This Idempotency-Key stands for another call already; use a new one.',
  });
}

function inProgress(retryAfterSeconds: number): AppError {
  return new AppError({
    code: 'IDEMPOTENCY_IN_PROGRESS',
    status: 409,
    retryable: true,
    detail: 'The first call with this Idempotency-Key is still at work.',
    retryAfterSeconds,
  });
}

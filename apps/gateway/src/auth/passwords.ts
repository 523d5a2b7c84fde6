import { randomBytes } from 'node:crypto';
import { UnavailableError } from '@gradeflow/errors';
import { hash, verify } from '@node-rs/argon2';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';

/** OWASP's argon2id (2) parameters of 19 MiB: 29 ms where the package's own defaults take 131 ms and 64 MiB. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Each hash holds 19 MiB and a thread of libuv's pool, which file writes need too: more at once slow uploads by three orders of magnitude. */
const atOnce = 2;
const waiting = 32;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes the same time whether there is a stored hash or not. Throws UnavailableError LOGIN_BUSY when too many wait. */
  matches(password: string, storedHash: string | null): Promise<boolean>;
}

export function createPasswords(): Passwords {
  const gate = bulkhead(atOnce, waiting);
  const decoy = hash(randomBytes(16), parameters);
  decoy.catch(() => {}); // awaited, and thrown, where it is used
  const gated = <T>(work: () => Promise<T>): Promise<T> =>
    gate.execute(work).catch((error: unknown) => {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new UnavailableError({
        code: 'LOGIN_BUSY',
        detail: 'Too many people are signing in; try again in a moment.',
        retryAfterSeconds: 2,
      });
    });
  return {
    hash: (password) => gated(() => hash(password, parameters)),
    matches: (password, storedHash) =>
      gated(async () => {
        const same = await verify(storedHash ?? (await decoy), password);
        return same && storedHash !== null;
      }),
  };
}

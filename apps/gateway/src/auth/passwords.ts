import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UnavailableError } from '@gradeflow/errors';
import { Piscina } from 'piscina';

/** Each hash holds 19 MiB and a core for 30 ms; one core is left to everybody else. */
const atOnce = Math.min(2, Math.max(1, availableParallelism() - 1));
const waiting = 32;
/** Threads of their own, since file writes need libuv's; and behind everything else, since people wait for an upload as they do for a sign-in, and there is more of it. */
const niceness = 19;

export interface Passwords {
  /** Throws UnavailableError LOGIN_BUSY when too many wait. */
  hash(password: string): Promise<string>;
  /** Takes the same time whether there is a stored hash or not. Throws UnavailableError LOGIN_BUSY when too many wait. */
  matches(password: string, storedHash: string | null): Promise<boolean>;
}

/** Hashes on threads that end when nobody signs in for a while, and that keep no process alive. */
export function createPasswords(): Passwords {
  const threads = new Piscina<{ password: string; storedHash?: string }, string | boolean>({
    filename: new URL('./password-worker.ts', import.meta.url).href,
    ...{ minThreads: 0, maxThreads: atOnce, maxQueue: waiting, niceIncrement: niceness, idleTimeout: 60_000 },
  });
  const run = (task: { password: string; storedHash?: string }) => {
    if (threads.queueSize >= waiting)
      throw new UnavailableError({
        code: 'LOGIN_BUSY',
        detail: 'Too many people are signing in; try again in a moment.',
        retryAfterSeconds: 2,
      });
    return threads.run(task);
  };
  const hash = async (password: string) => String(await run({ password }));
  const decoy = hash(randomBytes(16).toString('hex'));
  decoy.catch(() => {}); // awaited, and thrown, where it is used
  return {
    hash,
    matches: async (password, storedHash) => {
      const same = await run({ password, storedHash: storedHash ?? (await decoy) });
      return same === true && storedHash !== null;
    },
  };
}

import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UnavailableError } from '@gradeflow/errors';
import { Piscina } from 'piscina';

/** Each hash holds 19 MiB and a core for 30 ms; one core is left to everybody else. */
const atOnce = Math.min(2, Math.max(1, availableParallelism() - 1));
const mostWaiting = 32;
/** Threads of their own, since file writes need libuv's; and behind everything else, since people wait for an upload as they do for a sign-in, and there is more of it. */
const niceness = 19;
/** A hash that took longer than that was kept waiting by others already. */
const mostRestMs = 50;

export interface Passwords {
  /** Throws UnavailableError LOGIN_BUSY when too many wait. */
  hash(password: string): Promise<string>;
  /** Takes the same time whether there is a stored hash or not. Throws UnavailableError LOGIN_BUSY when too many wait. */
  matches(password: string, storedHash: string | null): Promise<boolean>;
}

/** Waits after a hash that took so long, before the next one begins. */
export type Rest = (tookMs: number) => Promise<void>;

/**
 * While others wait for something that goes first: as long as the hash took, so that half of its core, and of all else that signing in takes, is left to them.
 * Sign-ins that wait in a row take up to twice as long then.
 */
export function restWhile(othersWait: () => boolean): Rest {
  return async (tookMs) => {
    if (othersWait()) await new Promise((resolve) => setTimeout(resolve, Math.min(mostRestMs, tookMs)));
  };
}

/** Hashes on threads that end when nobody signs in for a while, and that keep no process alive. */
export function createPasswords({ rest = async () => {} }: { rest?: Rest } = {}): Passwords {
  const threads = new Piscina<{ password: string; storedHash?: string }, string | boolean>({
    filename: new URL('./password-worker.ts', import.meta.url).href,
    ...{ minThreads: 0, maxThreads: atOnce, niceIncrement: niceness, idleTimeout: 60_000 },
  });
  const waiting: Array<() => void> = [];
  let free = atOnce;
  const enter = async () => {
    if (free > 0) free -= 1;
    else if (waiting.length < mostWaiting) await new Promise<void>((go) => waiting.push(go));
    else throw busy();
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const run = async (task: { password: string; storedHash?: string }) => {
    await enter();
    const began = performance.now();
    try {
      return await threads.run(task);
    } finally {
      void rest(performance.now() - began).then(leave);
    }
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

function busy(): UnavailableError {
  return new UnavailableError({
    code: 'LOGIN_BUSY',
    detail: 'Too many people are signing in; try again in a moment.',
    retryAfterSeconds: 2,
  });
}

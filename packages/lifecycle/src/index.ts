/** Ordered shutdown: what was opened last is closed first, all of it within one deadline. */
export interface Lifecycle {
  /** Registers a resource. `close` gets the milliseconds that are left. */
  add(name: string, close: (remainingMs: number) => Promise<unknown> | unknown): void;
  /** Closes everything once; later calls join the first. Resolves with the names that failed or did not end in time. */
  shutdown(deadlineMs: number): Promise<string[]>;
}

export function createLifecycle(onError: (name: string, error: unknown) => void = () => {}): Lifecycle {
  const resources: Array<{ name: string; close: (remainingMs: number) => Promise<unknown> | unknown }> = [];
  let running: Promise<string[]> | undefined;

  const closeAll = async (deadlineMs: number): Promise<string[]> => {
    const end = Date.now() + deadlineMs;
    const unclosed: string[] = [];
    for (const { name, close } of resources.reverse()) {
      const remaining = Math.max(1, end - Date.now());
      try {
        await withDeadline(Promise.resolve(close(remaining)), remaining);
      } catch (error) {
        unclosed.push(name);
        onError(name, error);
      }
    }
    return unclosed;
  };

  return {
    add: (name, close) => void resources.push({ name, close }),
    shutdown: (deadlineMs) => (running ??= closeAll(deadlineMs)),
  };
}

/** Rejects with an Error when the promise takes longer; the work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * SIGTERM, SIGINT and a lost parent (IPC channel closed) start the shutdown; the process ends with 0 (or its `exitCode`) when
 * everything closed, else 1.
 * Repeated signals change nothing: a terminal, npm and a supervisor may each send one. Call it before anything is opened.
 */
export function shutdownOnSignals(lifecycle: Lifecycle, deadlineMs: number): void {
  const stop = async () => {
    const unclosed = await lifecycle.shutdown(deadlineMs);
    process.exit(unclosed.length === 0 ? (process.exitCode ?? 0) : 1);
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => void stop());
}

import type { EventEmitter } from 'node:events';

export interface StopRequest {
  /** Aborted by the first signal. */
  signal: AbortSignal;
  /** Resolves with the first signal. */
  requested: Promise<void>;
}

/**
 * Turns SIGINT, SIGTERM, SIGHUP and a lost parent into one request to stop. Signals within `sameMs` are one: a terminal's Ctrl-C arrives
 * directly, and once more from each of npm and the launcher. A later one calls `onSecond`.
 */
export function listenForStop(source: EventEmitter, options: { onSecond: () => void; sameMs?: number }): StopRequest {
  const { onSecond, sameMs = 500 } = options;
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt = 0;
  const request = () => {
    if (firstAt === 0) firstAt = performance.now();
    controller.abort();
    resolve();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    source.on(name, () => (firstAt > 0 && performance.now() - firstAt > sameMs ? onSecond() : request()));
  }
  source.on('disconnect', request);
  return { signal: controller.signal, requested: promise };
}

import type { Logger } from '@gradeflow/logger';

/** Logs errors of BullMQ and its connections, each text at most once in `everyMs`: a Redis that is away reports several a second. */
export function createErrorLog(log: Logger | undefined, everyMs = 10_000): (error: Error) => void {
  const lastLogged = new Map<string, number>();
  return (error) => {
    const now = Date.now();
    if (now - (lastLogged.get(error.message) ?? 0) < everyMs) return;
    if (lastLogged.size > 100) lastLogged.clear();
    lastLogged.set(error.message, now);
    log?.warn({ err: error }, 'queue error');
  };
}

import { UnavailableError } from '@gradeflow/errors';
import { toAppError } from './to-app-error.ts';

/** Longest that a caller waits. */
const pingTimeoutMs = 1_000;

/**
 * Asks whether Postgres answers; throws UnavailableError POSTGRES_UNAVAILABLE after a second. Callers share one question until it is answered: while Postgres
 * hangs, being asked again and again must not use up the connections. Whoever came to a question that had been asked before asks once more when it fails: Postgres
 * may be back since.
 */
export function createPing(ask: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const question = (): Promise<void> => {
    underWay ??= ask().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const silent = () => reject(new UnavailableError({ code: 'POSTGRES_UNAVAILABLE', detail: 'The database does not answer.' }));
      timer = setTimeout(silent, pingTimeoutMs);
    });
    const answer = underWay === undefined ? question() : underWay.catch(question);
    try {
      await Promise.race([answer, late]);
    } catch (error) {
      throw toAppError(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

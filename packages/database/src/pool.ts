import pg from 'pg';
import { createSilenceWatch, type SilenceWatch } from './silence-watch.ts';

/**
 * Every call ends: a paused or unreachable Postgres would otherwise hold it for ever. One that stands still is noticed within a second (silence-watch.ts).
 * Five seconds for an answer of one that works, since saving a hundred pages takes a good part of one on a busy disk; one second for a connection, since waiting longer means
 * that all of the pool is stuck. The server gives up a little earlier, which leaves the connection usable and the locks free.
 */
const limits = {
  max: 10,
  connectionTimeoutMillis: 1_000,
  query_timeout: 5_000,
  statement_timeout: 4_500,
  lock_timeout: 4_000,
  /** A process that stops in the middle of a transaction must not keep its row locks. */
  idle_in_transaction_session_timeout: 10_000,
};

/** Transactions as a whole; longer than any one statement of theirs. */
export const transactionLimits = { maxWait: 1_500, timeout: 10_000 };

/** The connections of one process. Times are exchanged as UTC whatever the server's default is. */
export function createPool(url: string, applicationName: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, application_name: applicationName, options: '-c TimeZone=UTC', ...limits });
  // A connection that dies while idle leaves the pool; the next call opens another or says what is wrong. Without a listener the process would end.
  pool.on('error', () => {});
  const silence = createSilenceWatch(url, applicationName);
  pool.on('connect', (client) => guardStatements(client, silence));
  return pool;
}

/**
 * After a time-out of its own pg goes on using the connection, and takes a ROLLBACK that waits behind the unanswered statement out of the queue: the
 * connection would go back to the pool inside an open transaction and later writes of others would vanish with it. So such a connection is closed.
 */
function guardStatements(client: pg.ClientBase, silence: SilenceWatch): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const guarded = (...args: unknown[]): unknown => {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      // The pool's own way of asking.
      const answered = new Promise<void>((resolve) => {
        args[args.length - 1] = (...outcome: unknown[]) => {
          resolve();
          callback(...outcome);
        };
      });
      silence.watch(client, answered);
      return query(...args);
    }
    const result = query(...args);
    if (result instanceof Promise) {
      silence.watch(client, result);
      result.catch((error: Error) => {
        if (error.message === 'Query read timeout') void (client as pg.Client).end();
      });
    }
    return result;
  };
  client.query = guarded as typeof client.query;
}

import pg from 'pg';
import { createSilenceWatch, type SilenceWatch } from './silence-watch.ts';

/**
 * Every call ends: a paused or unreachable Postgres would otherwise hold it for ever. One that stands still is noticed within a second (silence-watch.ts).
 * Five seconds for an answer of one that works, since saving a hundred pages takes a good part of one on a busy disk; one second for a connection, and
 * twice again while Postgres answers. The server gives up a little earlier, which leaves the connection usable and the locks free.
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

/** How often a call waits for a connection while Postgres answers: a burst on a busy machine is served late; one that lasts is turned away. */
const connectAttempts = 3;

/** Transactions: the wait for a connection, and all of one, which is longer than any one statement. */
export const transactionLimits = { maxWait: connectAttempts * limits.connectionTimeoutMillis + 500, timeout: 10_000 };

/** The connections of one process. Times are exchanged as UTC whatever the server's default is. */
export function createPool(url: string, applicationName: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, application_name: applicationName, options: '-c TimeZone=UTC', ...limits });
  // A connection that dies while idle leaves the pool; the next call opens another or says what is wrong. Without a listener the process would end.
  pool.on('error', () => {});
  const silence = createSilenceWatch(url, applicationName);
  pool.on('connect', (client) => guardStatements(client, silence));
  connectPatiently(pool, silence);
  return pool;
}

/**
 * The pool knows one limit for a connection, of a Postgres that is gone and of one that is only busy; and its clock runs on while this process is busy, so
 * that a stalled second fails whoever waits although the answers are there to be read. So a wait that the pool gave up begins again while Postgres answers.
 */
function connectPatiently(pool: pg.Pool, silence: SilenceWatch): void {
  const connectOnce = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  const connect = async (): Promise<pg.PoolClient> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await orSilent(connectOnce(), silence);
      } catch (error) {
        const again = error instanceof Error && gaveUpWaiting.test(error.message) && !pool.ending;
        if (!again || attempt === connectAttempts) throw error;
      }
    }
  };
  const answer = (callback?: ConnectCallback) => {
    if (callback === undefined) return connect();
    connect().then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  };
  pool.connect = answer as typeof pool.connect;
}

type ConnectCallback = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: Error | boolean) => void) => void;

/** What the pool says when its own time for a connection is over: in its queue, and while connecting. */
const gaveUpWaiting = /timeout exceeded when trying to connect|Connection terminated due to connection timeout/;

/** The connection, or an error once Postgres turns out to be silent; a connection that comes after it goes back to the pool. */
function orSilent(waiting: Promise<pg.PoolClient>, silence: SilenceWatch): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    let silent = false;
    silence.watch(waiting, () => {
      silent = true;
      reject(new Error('Connection terminated: Postgres does not answer a new one'));
    });
    waiting.then((client) => (silent ? client.release() : resolve(client)), reject);
  });
}

/**
 * After a time-out of its own pg goes on using the connection, and takes a ROLLBACK that waits behind the unanswered statement out of the queue: the
 * connection would go back to the pool inside an open transaction and later writes of others would vanish with it. So such a connection is closed.
 */
function guardStatements(client: pg.ClientBase, silence: SilenceWatch): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const end = () => void (client as pg.Client).end();
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
      silence.watch(answered, end);
      return query(...args);
    }
    const result = query(...args);
    if (result instanceof Promise) {
      silence.watch(result, end);
      result.catch((error: Error) => {
        if (error.message === 'Query read timeout') end();
      });
    }
    return result;
  };
  client.query = guarded as typeof client.query;
}

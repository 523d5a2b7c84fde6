import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A statement, or a wait for a connection, that takes longer makes one ask whether Postgres is still there. */
const lateMs = 400;
/** In which it must have said something to a new connection, which is all that is asked. */
const answerMs = 600;
const slices = 12;

export interface SilenceWatch {
  /** Watches what waits for Postgres until it is settled. When Postgres turns out to be silent, `end` is called; it must end what waits, and may be called again. */
  watch(waiting: Promise<unknown>, end: () => void): void;
}

/**
 * Tells a Postgres that stands still (paused, cut off) from one that works on something long: only the second answers a new connection. So a call ends a
 * second after everything stopped, and a long statement may still take its time. What was ended may have happened all the same.
 */
export function createSilenceWatch(url: string, applicationName: string): SilenceWatch {
  const ends = new Set<() => void>();
  let asking: Promise<void> | null = null;

  const ask = async (): Promise<void> => {
    if (await answers(url, applicationName)) return;
    for (const end of [...ends]) end();
  };
  const suspect = () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };

  return {
    watch: (waiting, end) => {
      // One of its own for each, since the same connection may be watched twice.
      const endThis = () => end();
      ends.add(endThis);
      let settled = false;
      const late = () =>
        void suspect().then(() => {
          if (!settled) timer = setTimeout(late, lateMs);
        });
      let timer = setTimeout(late, lateMs);
      const settle = () => {
        settled = true;
        clearTimeout(timer);
        ends.delete(endThis);
      };
      waiting.then(settle, settle);
    },
  };
}

/** False when not a byte came back in time; a refusal is an answer. */
async function answers(url: string, applicationName: string): Promise<boolean> {
  // Its own socket, since a connection that is not there yet can be ended in no other way.
  const socket = new Socket();
  const client = new pg.Client({ connectionString: url, application_name: `${applicationName} asks`, stream: () => socket });
  client.on('error', () => {});
  // Either may fail: a refusal is an answer too.
  const answered = Promise.race([client.connect(), once(socket, 'data')]).then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([answered, timeIsUp()]);
  } finally {
    socket.destroy();
  }
}

/** In slices: of a time in which this process was too busy to read what came only one of them passes. */
async function timeIsUp(): Promise<false> {
  for (let slice = 0; slice < slices; slice += 1) await sleep(answerMs / slices);
  return false;
}

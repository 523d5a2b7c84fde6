import { Socket } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';

/** A statement, or a wait for a connection, that takes longer makes one ask whether Postgres is still there. */
const lateMs = 400;
/** In which it must have taken a new connection, which is all that is asked. */
const answerMs = 600;

export interface SilenceWatch {
  /** Watches what waits for Postgres until it is settled. When Postgres turns out to be silent, `end` is called; it must end what waits, and may be called again. */
  watch(waiting: Promise<unknown>, end: () => void): void;
}

/**
 * Tells a Postgres that stands still (paused, cut off) from one that works on something long: only the second takes a new connection. So a call ends a
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

/** False when nothing came back in time; a refusal is an answer. */
async function answers(url: string, applicationName: string): Promise<boolean> {
  // Its own socket, since a connection that is not there yet can be ended in no other way.
  const socket = new Socket();
  const client = new pg.Client({ connectionString: url, application_name: `${applicationName} asks`, stream: () => socket });
  client.on('error', () => {});
  const answered = client.connect().then(
    () => true,
    () => true,
  );
  // What came while this process was busy is read before it is judged.
  const late = sleep(answerMs, false)
    .then((is) => turn(is))
    .then((is) => turn(is));
  const outcome = await Promise.race([answered, late]);
  socket.destroy();
  return outcome;
}

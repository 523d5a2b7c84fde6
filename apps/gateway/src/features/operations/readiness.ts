import { jobCatalog, type ReadyAnswer } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { withDeadline } from '@gradeflow/lifecycle';
import type { BoardQueues } from '@gradeflow/queue';
import type { Redis } from '@gradeflow/redis';
import type { Spool, SpoolRoom } from '@gradeflow/spool';
import type { Storage } from '@gradeflow/storage';

export interface Readiness {
  /** `down`: an upload would be refused. `ok`: it would also be graded now. Anything between is `degraded`. Never throws, takes 1.5 s at most. */
  check(): Promise<ReadyAnswer>;
}

interface Deps {
  database: Pick<Database, 'ping'>;
  cacheRedis: Redis;
  boardQueues: BoardQueues;
  spool: Pick<Spool, 'probe'>;
  spoolRoom: Pick<SpoolRoom, 'figures'>;
  storage: Pick<Storage, 'probe'>;
}

type Check = ReadyAnswer['checks']['redis'];

const deadlineMs = 1_500;
/** The probe writes and syncs, so it is not repeated for every balancer that asks. */
const spoolProbeMs = 5_000;
/** Jobs that a sheet needs to be graded. */
const gradingQueues = new Set(['extract-sheet', 'read-page', 'persist-file', 'record-metadata', 'grade-submission']);

export function createReadiness({ database, cacheRedis, boardQueues, spool, spoolRoom, storage }: Deps): Readiness {
  const probeVolume = remembered(() => spool.probe(), spoolProbeMs);
  const probeSpool = async () => {
    const { refusal } = await spoolRoom.figures();
    if (refusal !== null) throw new Error(refusal);
    await probeVolume();
  };
  const probeStorage = remembered(() => storage.probe(), spoolProbeMs);
  const queueRedis = async () => {
    if (!boardQueues.isReady()) throw new Error('not connected');
    await boardQueues.queues[0]?.getJobCounts('waiting');
  };
  const cache = async () => {
    if (cacheRedis.status !== 'ready') throw new Error('not connected');
    await cacheRedis.ping();
  };

  return {
    check: async () => {
      const [redis, redisCache, postgres, spoolCheck, storageCheck, workers] = await Promise.all([
        outcome(queueRedis),
        outcome(cache),
        outcome(() => database.ping()),
        outcome(probeSpool),
        outcome(probeStorage),
        outcome(() => workersThere(boardQueues)),
      ]);
      const checks = { redis, redisCache, postgres, spool: spoolCheck, storage: storageCheck, workers };
      const allOk = Object.values(checks).every((check) => check.status === 'ok');
      return { status: spoolCheck.status === 'down' ? 'down' : allOk ? 'ok' : 'degraded', checks };
    },
  };
}

async function outcome(work: () => Promise<unknown>): Promise<Check> {
  try {
    await withDeadline(work(), deadlineMs);
    return { status: 'ok' };
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** A worker is there while its connection to the queue is: a killed process loses it at once. One that takes nothing says so in its heartbeat. */
async function workersThere({ queues, isReady, listDeafWorkers }: BoardQueues): Promise<void> {
  if (!isReady()) throw new Error('not known while the queue Redis is away');
  const needed = queues.filter((queue) => gradingQueues.has(queue.name));
  if (needed.length < gradingQueues.size) throw new Error(`not every job of ${jobCatalog.length} has a queue`);
  const counts = await Promise.all(needed.map((queue) => queue.getWorkersCount()));
  const missing = needed.filter((_, index) => counts[index] === 0).map((queue) => queue.name);
  if (missing.length > 0) throw new Error(`no worker for ${missing.join(', ')}`);
  const deaf = (await listDeafWorkers()).map(({ instanceId, queue, since }) => `${queue} of ${instanceId} since ${since}`);
  if (deaf.length > 0) throw new Error(`takes no jobs although some wait: ${deaf.join(', ')}`);
}

/** One run at a time, and its outcome for `ms`. */
function remembered(work: () => Promise<void>, ms: number): () => Promise<void> {
  let last: { at: number; run: Promise<void> } | null = null;
  return () => {
    if (last === null || Date.now() - last.at > ms) last = { at: Date.now(), run: work() };
    return last.run;
  };
}

import type { OperationsView } from '@gradeflow/contracts';
import type { QueueLook, QueueOverview } from '@gradeflow/queue';
import type { Spool, SpoolUsage } from '@gradeflow/spool';
import { keepFresh } from './keep-fresh.ts';
import type { Readiness } from './readiness.ts';

/** What lies in the spool, as it was counted a moment ago. */
export interface MeasuredSpool extends SpoolUsage {
  /** When the oldest entry was accepted; null for none. */
  oldestAt: Date | null;
  measuredAt: Date;
}

export interface OperationsService {
  /** Queues, workers, spool and dependencies; null for what does not answer. Never throws. */
  overview(): Promise<OperationsView>;
  /** Throws what the spool throws. */
  spoolUsage(): Promise<MeasuredSpool>;
}

const spoolKeptMs = 5_000;

export function createOperationsService(deps: { readiness: Readiness; look: QueueLook; spool: Spool }): OperationsService {
  const { readiness, look, spool } = deps;
  const spoolUsage = keepFresh(() => measure(spool), spoolKeptMs);
  return {
    spoolUsage,
    overview: async () => {
      const [{ status, checks }, queue, usage] = await Promise.all([readiness.check(), orNull(look.overview()), orNull(spoolUsage())]);
      return {
        ...{ status, dependencies: checks },
        queues: queue && presentQueues(queue),
        workers: queue && presentWorkers(queue),
        spool: usage && { ...usage, oldestAt: usage.oldestAt?.toISOString() ?? null, measuredAt: usage.measuredAt.toISOString() },
      };
    },
  };
}

function presentQueues({ queues, workers }: QueueOverview): OperationsView['queues'] {
  return queues.map(({ oldestWaiting, ...queue }) => ({
    ...queue,
    oldestWaiting: oldestWaiting && { jobId: oldestWaiting.jobId, since: oldestWaiting.since.toISOString() },
    workers: workers.filter((worker) => worker.alive && worker.queues.includes(queue.name)).length,
  }));
}

function presentWorkers({ workers }: QueueOverview): OperationsView['workers'] {
  return workers.map(({ lastBeatAt, ...worker }) => ({ ...worker, lastBeatAt: lastBeatAt?.toISOString() ?? null }));
}

async function measure(spool: Spool): Promise<MeasuredSpool> {
  const [usage, oldestAt] = await Promise.all([spool.usage(), findOldest(spool)]);
  return { ...usage, oldestAt, measuredAt: new Date() };
}

/** Entries come oldest first; one whose manifest cannot be read is passed by. */
async function findOldest(spool: Spool): Promise<Date | null> {
  for await (const id of spool.listReady()) {
    const manifest = await spool.findManifest(id).catch(() => null);
    if (manifest) return new Date(manifest.acceptedAt);
  }
  return null;
}

function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch(() => null);
}

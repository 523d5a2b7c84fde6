import type { Logger } from '@gradeflow/logger';
import type { Redis } from 'ioredis';
import { createDeafWatch, type DeafWatch } from './deaf-watch.ts';
import type { JobMetrics } from './job-metrics.ts';
import { countTakeableJobs } from './takeable-jobs.ts';
import type { StartedWorker } from './worker.ts';

export interface SelfWatch {
  add(worker: StartedWorker): void;
  /** Looks at all workers: after each beat that Redis answered in time. Never throws. */
  look(): Promise<void>;
  /** Redis did not answer: nothing can be said of the workers. */
  forget(): void;
  /** Since when the worker with this id is deaf. */
  deafSince(workerId: string): Date | null;
}

export interface SelfWatchParts {
  redis: Redis;
  prefix: string;
  log: Logger;
  metrics: JobMetrics | undefined;
  /** Puts another BullMQ worker into the place of this one; resolves when it takes jobs. */
  rebuild(worker: StartedWorker): Promise<void>;
  /** Nothing helped: another process has to do it. */
  giveUp(worker: StartedWorker): void;
}

/** Notices workers of this process that take nothing although jobs wait and they have room, and does the next stronger thing about it until they do. */
export function createSelfWatch({ redis, prefix, log, metrics, rebuild, giveUp }: SelfWatchParts): SelfWatch {
  const watched = new Map<StartedWorker, DeafWatch>();

  const judge = async (worker: StartedWorker, watch: DeafWatch, waiting: number): Promise<void> => {
    const state = worker.state();
    if (!state.takes) return watch.forget();
    const remedy = watch.observe({ ...state, waiting });
    if (!remedy) return;
    metrics?.foundDeaf(worker.name, remedy);
    log.warn(
      { queue: worker.name, remedy, waiting, since: watch.deafSince() },
      'a worker takes no jobs although some wait and it has room',
    );
    if (remedy === 'renew') await worker.renewBlockingConnection();
    else if (remedy === 'rebuild') await rebuild(worker);
    else giveUp(worker);
  };

  return {
    add: (worker) => void watched.set(worker, createDeafWatch()),
    forget: () => {
      for (const watch of watched.values()) watch.forget();
    },
    deafSince: (workerId) => [...watched].find(([{ id }]) => id === workerId)?.[1].deafSince() ?? null,
    look: async () => {
      try {
        const workers = [...watched];
        const counts = await countTakeableJobs(
          redis,
          prefix,
          workers.map(([{ name }]) => name),
        );
        await Promise.all(workers.map(([worker, watch], index) => judge(worker, watch, counts[index] ?? 0)));
      } catch (error) {
        log.warn({ err: error }, 'this process could not look after its own workers');
      }
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { reconcileNotices, reconcileRegrades, reconcileReports, reconcileWaiting } from './database-rows.ts';
import { createPatience } from './patience.ts';
import { createEntrySorter, reconcilePapers } from './question-papers.ts';
import { reconcileSpool } from './spool-entries.ts';
import { isAway, type ReconcileDeps } from './truth.ts';

export interface ReconcileOptions extends Omit<ReconcileDeps, 'patience'> {
  /** How long something must look wrong before it is touched. Default 2 s. */
  graceMs?: number;
}

const sweepEveryMs = 3_600_000;
/** An upload of which nothing arrived for so long has no sender any more. */
const abandonedAfterMs = 3_600_000;

/**
 * One comparison of the truth (spool, then Postgres) with the queue. Safe on any number of replicas at once: ids of jobs are deterministic, and a next
 * run is started by whoever changes the row. Services that are away are logged when that changes, and end the round early; other faults are thrown.
 */
export function createReconciler(options: ReconcileOptions): () => Promise<void> {
  const deps: ReconcileDeps = { ...options, patience: createPatience(options.graceMs ?? 2_000) };
  const outage = createOutageLog(deps);
  const sortEntries = createEntrySorter(deps);
  let sweptAt = Number.NEGATIVE_INFINITY;

  const sweepSometimes = async () => {
    if (performance.now() - sweptAt < sweepEveryMs) return;
    const removed = await deps.spool.sweep(abandonedAfterMs);
    sweptAt = performance.now();
    if (removed > 0) deps.log.info({ removed }, 'left-overs of broken uploads and old idempotency keys were removed');
  };

  return async () => {
    try {
      await sweepSometimes();
      const ids: string[] = [];
      for await (const id of deps.spool.listReady()) ids.push(id);
      const { submissions, papers } = await sortEntries(ids);
      const sheetsSettled = await reconcileSpool(deps, submissions);
      const papersSettled = await reconcilePapers(deps, papers);
      if (!sheetsSettled || !papersSettled) return outage.note('POSTGRES_UNAVAILABLE');
      await reconcileRegrades(deps, new Set(ids));
      await reconcileWaiting(deps);
      await reconcileNotices(deps);
      await reconcileReports(deps);
      outage.note(null);
    } catch (error) {
      const away = ['QUEUE_UNAVAILABLE', 'POSTGRES_UNAVAILABLE'].find((code) => isAway(error, code));
      if (!away) throw error;
      outage.note(away);
    } finally {
      deps.patience.endRound();
    }
  };
}

function createOutageLog({ log }: Pick<ReconcileDeps, 'log'>): { note(code: string | null): void } {
  let known: string | null = null;
  return {
    note(code) {
      if (code === known) return;
      if (code) log.warn({ code }, 'reconciling waits for a service');
      else log.info({ code: known }, 'reconciling goes on');
      known = code;
    },
  };
}

/** Runs `reconcile` again and again, one round at a time, `intervalMs` apart. `close` waits for the round that is under way. */
export function startReconciling(
  reconcile: () => Promise<void>,
  { intervalMs, log }: { intervalMs: number } & Pick<ReconcileDeps, 'log'>,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      await reconcile().catch((error: unknown) => log.error({ err: error }, 'a round of reconciling failed'));
      await sleep(intervalMs, undefined, { signal: stop.signal }).catch(() => {}); // Only the stop ends it early.
    }
  };
  const running = loop();
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

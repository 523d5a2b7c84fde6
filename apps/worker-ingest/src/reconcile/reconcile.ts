import { setTimeout as sleep } from 'node:timers/promises';
import { reconcileNotices, reconcileRegrades, reconcileReports, reconcileWaiting } from './database-rows.ts';
import { createEntryCatalogue } from './entry-catalogue.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { restartLost } from './lost-steps.ts';
import { createPatience } from './patience.ts';
import { reconcilePapers } from './question-papers.ts';
import { reconcileSpool } from './spool-entries.ts';
import { isAway, isLeaseLost, type ReconcileDeps } from './truth.ts';

export interface ReconcileOptions extends Omit<ReconcileDeps, 'patience' | 'fencedBy'> {
  /** How long something must look wrong before it is touched. Default 2 s. */
  graceMs?: number;
  /** How often runs, question papers and reports are looked for that wait for a lost step. */
  lossEveryMs?: number;
  /** Of many replicas one works, the others look. Absent: this one always works. */
  lease?: Pick<LeaseKeeper, 'current'>;
}

/** `standby`: another process reconciles. `again`: something looked wrong and is acted on if it still does after the grace. */
export type RoundOutcome = 'done' | 'again' | 'standby';

const defaultGraceMs = 2_000;
/** Looks of a replica that stands by: they cost nothing. */
const standbyMs = 250;
const sweepEveryMs = 3_600_000;
/** A single lost step is rare: Redis loses a queue whole, or nothing. */
const defaultLossEveryMs = 30_000;
/** An upload of which nothing arrived for so long has no sender any more. */
const abandonedAfterMs = 3_600_000;

/**
 * One comparison of the truth (spool, then Postgres) with the queue, by whoever holds the lease. Without an answer from Postgres nobody can hold it; then each
 * replica queues what the spool says is lost and writes nothing, which is safe because ids of jobs are deterministic. Services that are away are logged
 * when that changes, and end the round early; other faults are thrown.
 */
export function createReconciler({ lease, lossEveryMs = defaultLossEveryMs, ...options }: ReconcileOptions): () => Promise<RoundOutcome> {
  const base: ReconcileDeps = { ...options, patience: createPatience(options.graceMs ?? defaultGraceMs) };
  const outage = createOutageLog(base);
  const catalogue = createEntryCatalogue(base);
  let sweptAt = Number.NEGATIVE_INFINITY;
  let unripe = false;
  let lookedForLossAt = performance.now();

  const sweepSometimes = async () => {
    if (performance.now() - sweptAt < sweepEveryMs) return;
    const removed = await base.spool.sweep(abandonedAfterMs);
    sweptAt = performance.now();
    if (removed > 0) base.log.info({ removed }, 'left-overs of broken uploads and old idempotency keys were removed');
  };

  const compare = async (deps: ReconcileDeps, mayWrite: boolean): Promise<void> => {
    const ids: string[] = [];
    for await (const id of deps.spool.listReady()) ids.push(id);
    const { submissions, papers } = await catalogue(ids);
    const unfinished = await reconcileSpool(deps, submissions, mayWrite);
    const papersSettled = await reconcilePapers(deps, papers, mayWrite);
    if (unfinished === null || !papersSettled) return outage.note('POSTGRES_UNAVAILABLE');
    // Listing them means telling Postgres all that the spool has.
    if ((await deps.database.submissions.countUnfinished()) !== unfinished) await reconcileRegrades(deps, ids);
    if (performance.now() - lookedForLossAt >= lossEveryMs) {
      await restartLost(deps);
      lookedForLossAt = performance.now();
    }
    await reconcileWaiting(deps);
    await reconcileNotices(deps);
    await reconcileReports(deps);
    outage.note(null);
  };

  return async () => {
    const held = lease?.current();
    if (held === 'elsewhere') return 'standby';
    // The number of this moment: a round that outlives its lease writes no more.
    const fencedBy = typeof held === 'object' ? held : undefined;
    try {
      await sweepSometimes();
      await compare({ ...base, fencedBy }, held !== 'unknown');
    } catch (error) {
      const away = ['QUEUE_UNAVAILABLE', 'POSTGRES_UNAVAILABLE'].find((code) => isAway(error, code));
      if (away) outage.note(away);
      else if (isLeaseLost(error))
        base.log.warn({ fence: fencedBy?.fence }, 'another process reconciles by now; what this one began is left to it');
      else throw error;
    } finally {
      unripe = base.patience.endRound();
    }
    return unripe ? 'again' : 'done';
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

/**
 * Runs `reconcile` again and again, one round at a time, `intervalMs` apart; sooner after the lease has come, and after a round that found something wrong. `close` waits for the round that is under way.
 */
export function startReconciling(
  reconcile: () => Promise<RoundOutcome>,
  { intervalMs, log }: { intervalMs: number } & Pick<ReconcileDeps, 'log'>,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      const outcome = await reconcile().catch((error: unknown) => log.error({ err: error }, 'a round of reconciling failed'));
      const pauseMs = outcome === 'standby' ? standbyMs : outcome === 'again' ? defaultGraceMs : intervalMs;
      await sleep(Math.min(intervalMs, pauseMs), undefined, { signal: stop.signal }).catch(() => {}); // Only the stop ends it early.
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

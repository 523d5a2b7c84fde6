import type { SubmissionState } from '@gradeflow/database';
import { AppError } from '@gradeflow/errors';
import { storageKeys } from '@gradeflow/storage';
import type { KnownEntry } from './entry-catalogue.ts';
import { ageOf } from './patience.ts';
import { endsRound, isAway, isUnfinished, type QueueState, type ReconcileDeps, startNextRun } from './truth.ts';

type Rows = Map<string, SubmissionState>;

interface Entry extends KnownEntry {
  /** Null when there is none, or while Postgres is away. A deleted row is one. */
  row: SubmissionState | null;
  state: QueueState;
  /** Set when it is damaged: it gets no flow. */
  setApart?: boolean;
}

const rowsAtOnce = 10_000;

/**
 * Compares every accepted submission with its row and its flow and moves what stands still. Cost a round: for each 10,000 entries one query, for each
 * 1,000 one command to Redis; files are looked at only where something is wrong. Entries of FAILED submissions stay for a retry and are
 * looked at each time. With Postgres away, or without the lease (`databaseUp` false), lost flows are still queued and nothing else is done.
 * Throws UnavailableError QUEUE_UNAVAILABLE; nothing can be told then. Returns how many of them have an
 * unfinished row; null when Postgres did not answer.
 */
export async function reconcileSpool(deps: ReconcileDeps, known: KnownEntry[], databaseUp = true): Promise<number | null> {
  const askStates = (of: KnownEntry[], runOf: (id: string) => number) =>
    deps.producer.gradingStates(of.map(({ id }) => ({ submissionId: id, run: runOf(id) })));
  // Nearly all are in their first run: the queue need not wait for Postgres to say so.
  const [rows, firstRuns] = await Promise.all([databaseUp ? findRows(deps, known) : null, askStates(known, () => 1)]);
  const runOf = (id: string) => rows?.get(id)?.run ?? 1;
  const rerun = known.filter(({ id }) => runOf(id) !== 1);
  const reruns = rerun.length === 0 ? [] : await askStates(rerun, runOf);
  const stateOf = new Map(rerun.map(({ id }, index) => [id, reruns[index]]));
  const entries = known.map((entry, index) => ({
    ...entry,
    row: rows?.get(entry.id) ?? null,
    state: stateOf.get(entry.id) ?? firstRuns[index] ?? 'missing',
  }));
  if (rows) await settleEntries(deps, entries);
  await enqueueMissing(deps, entries);
  return rows && [...rows.values()].filter((row) => isUnfinished(row) && !row.deleted).length;
}

async function findRows({ database }: ReconcileDeps, entries: KnownEntry[]): Promise<Rows | null> {
  const rows: Rows = new Map();
  try {
    for (let start = 0; start < entries.length; start += rowsAtOnce) {
      const ids = entries.slice(start, start + rowsAtOnce).map(({ id }) => id);
      for (const row of await database.submissions.listStates(ids)) rows.set(row.id, row);
    }
    return rows;
  } catch (error) {
    if (isAway(error, 'POSTGRES_UNAVAILABLE')) return null;
    throw error;
  }
}

/**
 * New entries get their flow from the gateway; what is older than the grace has lost it. There is no second look: adding what somebody else has just added
 * changes nothing, and after an outage of Redis the wait for it would be all that work waits for.
 */
async function enqueueMissing({ producer, patience, log }: ReconcileDeps, entries: Entry[]): Promise<void> {
  const lost = entries.filter(
    ({ id, row, deleted, setApart, state }) =>
      state === 'missing' &&
      !deleted &&
      !setApart &&
      (row === null || isUnfinished(row)) &&
      patience.ripe(`missing ${id} ${row?.run ?? 1}`, ageOf(id)),
  );
  if (lost.length === 0) return;
  const works = lost.map(({ id, row, share }) => ({ submissionId: id, run: row?.run ?? 1, share: share ?? undefined }));
  await producer.enqueueSubmissions(works);
  log.warn({ flows: lost.length }, 'flows that the queue did not know were queued again');
}

/** Everything that needs the database. One entry's fault does not stop the others. */
async function settleEntries(deps: ReconcileDeps, entries: Entry[]): Promise<void> {
  for (const entry of entries) {
    try {
      if (entry.deleted) await removeDeleted(deps, entry);
      else if (entry.row?.deleted) await passOnDeletion(deps, entry);
      else if (!entry.row) await settleWithoutRow(deps, entry);
      else if (isUnfinished(entry.row)) await settleEnded(deps, entry, entry.row);
      else await removeFinished(deps, entry);
    } catch (error) {
      if (endsRound(error)) throw error;
      deps.log.error({ err: error, submissionId: entry.id }, 'an upload could not be reconciled');
    }
  }
}

/** Graded and in the storage: grade-submission writes its result after the pictures, persist-file says so after the originals. */
async function removeFinished({ spool }: ReconcileDeps, { id, row, state }: Entry): Promise<void> {
  const isFinished = row?.status === 'GRADED' || row?.status === 'NEEDS_REVIEW';
  // While its job is open, a worker may still be reading there.
  if (isFinished && row.persisted && state !== 'pending') await spool.remove(id);
}

/** The folder goes last, and only when no step is open: until then each one sees the marker and stops. */
async function removeDeleted({ database, spool, storage }: ReconcileDeps, { id, state }: Entry): Promise<void> {
  if (state === 'pending') return;
  await database.submissions.markDeleted(id);
  await storage.removeAll(storageKeys.submission(id));
  await spool.remove(id);
}

/** The row says so and the entry does not: the mark was not written before the process that deleted it ended. */
async function passOnDeletion({ spool }: ReconcileDeps, entry: Entry): Promise<void> {
  entry.deleted = true;
  await spool.markDeleted(entry.id);
}

/** The row is made by record-metadata; where that failed because Postgres was away, it is made here and the next round goes on. */
async function settleWithoutRow(deps: ReconcileDeps, entry: Entry): Promise<void> {
  const { id, state } = entry;
  const { spool, patience, recordSubmission } = deps;
  // What is whole and was never begun needs its flow and nothing else.
  if (state === 'missing' && entry.share) return;
  if (state === 'pending' || !patience.ripe(`no row ${id}`)) return;
  try {
    const manifest = await spool.findManifest(id);
    if (manifest && state !== 'missing') await recordSubmission(manifest);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    // Any other refusal stands in the FAILED row by now.
    if (error.code !== 'SPOOL_ENTRY_DAMAGED') return;
    await spool.quarantine(id, error.message);
    entry.setApart = true;
  }
}

async function settleEnded(deps: ReconcileDeps, { id, state, share }: Entry, row: SubmissionState): Promise<void> {
  if (state !== 'completed' && state !== 'failed') return;
  if (!deps.patience.ripe(`ended ${id} ${row.run}`)) return;
  const run = await startNextRun(deps, row);
  if (run !== null) await deps.producer.enqueueSubmission({ submissionId: id, run, share: share ?? undefined });
}

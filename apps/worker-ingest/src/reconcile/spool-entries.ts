import type { Submission } from '@gradeflow/database';
import { AppError } from '@gradeflow/errors';
import { storageKeys } from '@gradeflow/storage';
import { ageOf } from './patience.ts';
import { isAway, isUnfinished, type QueueState, type ReconcileDeps, startNextRun } from './truth.ts';

type Rows = Map<string, Submission>;

interface Entry {
  id: string;
  /** Null when there is none, or while Postgres is away. */
  row: Submission | null;
  deleted: boolean;
  state: QueueState;
  /** Set when it is damaged: it gets no flow. */
  setApart?: boolean;
}

const entriesAtOnce = 500;

/**
 * Compares every accepted submission with its row and its flow and moves what stands still. Cost a round: a stat an entry, and for each 500
 * entries one query and one pipeline to Redis; manifests are read only where something is wrong. Entries of FAILED submissions stay for a retry and are
 * looked at each time. With Postgres away, lost flows are still queued.
 * Throws UnavailableError QUEUE_UNAVAILABLE; nothing can be told then. Returns whether Postgres answered.
 */
export async function reconcileSpool(deps: ReconcileDeps, ids: string[]): Promise<boolean> {
  let databaseUp = true;
  for (let start = 0; start < ids.length; start += entriesAtOnce) {
    const rows: Rows | null = databaseUp ? await findRows(deps, ids.slice(start, start + entriesAtOnce)) : null;
    databaseUp = rows !== null;
    const entries = await describeEntries(deps, ids.slice(start, start + entriesAtOnce), rows);
    if (rows) await settleEntries(deps, entries);
    await enqueueMissing(deps, entries);
  }
  return databaseUp;
}

async function findRows({ database }: ReconcileDeps, ids: string[]): Promise<Rows | null> {
  try {
    return new Map((await database.submissions.findMany(ids)).map((row) => [row.id, row]));
  } catch (error) {
    if (isAway(error, 'POSTGRES_UNAVAILABLE')) return null;
    throw error;
  }
}

async function describeEntries({ spool, producer }: ReconcileDeps, ids: string[], rows: Rows | null): Promise<Entry[]> {
  const deleted = await Promise.all(ids.map((id) => spool.isDeleted(id)));
  const runs = ids.map((id) => ({ submissionId: id, run: rows?.get(id)?.run ?? 1 }));
  const states = await producer.gradingStates(runs);
  return ids.map((id, index) => ({
    id,
    row: rows?.get(id) ?? null,
    deleted: deleted[index] ?? false,
    state: states[index] ?? 'missing',
  }));
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
  await producer.enqueueSubmissions(lost.map(({ id, row }) => ({ submissionId: id, run: row?.run ?? 1 })));
  log.warn({ flows: lost.length }, 'flows that the queue did not know were queued again');
}

/** Everything that needs the database. One entry's fault does not stop the others. */
async function settleEntries(deps: ReconcileDeps, entries: Entry[]): Promise<void> {
  for (const entry of entries) {
    try {
      if (entry.deleted) await removeDeleted(deps, entry);
      else if (!entry.row) await settleWithoutRow(deps, entry);
      else if (isUnfinished(entry.row)) await settleEnded(deps, entry, entry.row);
      else await removeFinished(deps, entry);
    } catch (error) {
      if (isAway(error, 'QUEUE_UNAVAILABLE') || isAway(error, 'POSTGRES_UNAVAILABLE')) throw error;
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

/** The row is made by record-metadata; where that failed because Postgres was away, it is made here and the next round goes on. */
async function settleWithoutRow(deps: ReconcileDeps, entry: Entry): Promise<void> {
  const { id, state } = entry;
  const { spool, database, patience, recordSubmission } = deps;
  if (await database.submissions.isDeleted(id)) {
    entry.deleted = true;
    return spool.markDeleted(id);
  }
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

async function settleEnded(deps: ReconcileDeps, { id, state }: Entry, row: Submission): Promise<void> {
  if (state !== 'completed' && state !== 'failed') return;
  if (!deps.patience.ripe(`ended ${id} ${row.run}`)) return;
  const run = await startNextRun(deps, row);
  if (run !== null) await deps.producer.enqueueSubmission({ submissionId: id, run });
}

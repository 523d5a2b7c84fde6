import type { UploadPurpose } from '@gradeflow/contracts';
import type { QuestionPaper } from '@gradeflow/database';
import { AppError } from '@gradeflow/errors';
import { isAway, maxRuns, type QueueState, type ReconcileDeps } from './truth.ts';

type Rows = Map<string, QuestionPaper>;

const rowsAtOnce = 500;
/** The bytes of a paper that could not be read stay in the spool for so long, for whoever looks for the reason. */
const failedKeptMs = 7 * 24 * 60 * 60 * 1000;

const manifestsAtOnce = 100;

/** Ids of spool entries by what they are. One whose manifest cannot be read now is in neither list. */
export interface SortedEntries {
  submissions: string[];
  papers: string[];
}

/**
 * Tells question papers from submissions. What an entry is never changes, so its manifest is read once a process; entries that are gone are forgotten.
 * A damaged manifest counts as a submission's: those are set apart.
 */
export function createEntrySorter({ spool, log }: Pick<ReconcileDeps, 'spool' | 'log'>): (ids: string[]) => Promise<SortedEntries> {
  let known = new Map<string, UploadPurpose>();
  const purposeOf = async (id: string): Promise<UploadPurpose | null> => {
    try {
      const manifest = await spool.findManifest(id);
      return manifest && (manifest.purpose ?? 'submission');
    } catch (error) {
      if (error instanceof AppError && error.code === 'SPOOL_ENTRY_DAMAGED') return 'submission';
      log.error({ err: error, entry: id }, 'an upload in the spool cannot be looked at');
      return null;
    }
  };
  return async (ids) => {
    const next = new Map<string, UploadPurpose>();
    for (let start = 0; start < ids.length; start += manifestsAtOnce) {
      const some = ids.slice(start, start + manifestsAtOnce);
      const purposes = await Promise.all(some.map(async (id) => known.get(id) ?? (await purposeOf(id))));
      for (const [index, purpose] of purposes.entries()) if (purpose) next.set(some[index] ?? '', purpose);
    }
    known = next;
    const are = (purpose: UploadPurpose) => ids.filter((id) => next.get(id) === purpose);
    return { submissions: are('submission'), papers: are('question-paper') };
  };
}

/**
 * Compares question papers in the spool, and unfinished ones without an entry, with the queue. Cost: nothing without papers but one query; with some, one
 * more query and one pipeline. With Postgres away, lost jobs are still queued. Returns whether Postgres answered.
 */
export async function reconcilePapers(deps: ReconcileDeps, ids: string[]): Promise<boolean> {
  const rows: Rows | null = ids.length === 0 ? new Map() : await findRows(deps, ids);
  const states = await deps.producer.questionPaperStates(ids.map((id) => ({ paperId: id, run: rows?.get(id)?.run ?? 1 })));
  for (const [index, id] of ids.entries()) {
    try {
      await settlePaper(deps, { id, state: states[index] ?? 'missing', row: rows?.get(id) ?? null, databaseUp: rows !== null });
    } catch (error) {
      if (isAway(error, 'QUEUE_UNAVAILABLE') || isAway(error, 'POSTGRES_UNAVAILABLE')) throw error;
      deps.log.error({ err: error, paperId: id }, 'a question paper could not be reconciled');
    }
  }
  if (rows !== null) await failLost(deps, new Set(ids));
  return rows !== null;
}

async function findRows({ database }: ReconcileDeps, ids: string[]): Promise<Rows | null> {
  try {
    return new Map((await database.questionPapers.findMany(ids)).map((row) => [row.id, row]));
  } catch (error) {
    if (isAway(error, 'POSTGRES_UNAVAILABLE')) return null;
    throw error;
  }
}

interface PaperEntry {
  id: string;
  state: QueueState;
  /** Null when there is none, or while Postgres is away. */
  row: QuestionPaper | null;
  databaseUp: boolean;
}

async function settlePaper(deps: ReconcileDeps, { id, state, row, databaseUp }: PaperEntry): Promise<void> {
  const { spool, producer, patience, log } = deps;
  if (state === 'pending') return;
  if (row?.status === 'FAILED') {
    if (Date.now() - row.updatedAt.getTime() > failedKeptMs) await spool.remove(id);
    return;
  }
  // Pages, pictures and originals rest elsewhere before a row says so.
  if (row && row.status !== 'PROCESSING') return spool.remove(id);
  if (!patience.ripe(`paper ${id} ${row?.run ?? 1} ${state}`)) return;
  if (state === 'missing') {
    await producer.enqueueQuestionPaper({ paperId: id, run: row?.run ?? 1 });
    log.warn({ paperId: id }, 'a question paper that the queue did not know was queued again');
    return;
  }
  if (row) return startNextRun(deps, row);
  // Its job ended while Postgres was away: the next round goes on with the row.
  const manifest = databaseUp ? await spool.findManifest(id) : null;
  if (manifest) await deps.recordQuestionPaper(manifest);
}

async function startNextRun({ database, producer, log }: ReconcileDeps, { id, run }: QuestionPaper): Promise<void> {
  if (run >= maxRuns) {
    const reason = { code: 'GAVE_UP', detail: `The question paper was started ${run} times without an end.` };
    return database.questionPapers.fail({ id }, reason);
  }
  const next = await database.questionPapers.nextRun(id, run);
  if (!next) return;
  log.warn({ paperId: id, run: next.run }, 'the reading of a question paper ended without a result; started again');
  await producer.enqueueQuestionPaper({ paperId: id, run: next.run });
}

/** A row that still waits for its reading, whose upload is in the spool no more. */
async function failLost({ database, spool, patience }: ReconcileDeps, spoolIds: Set<string>): Promise<void> {
  for (const { id } of await database.questionPapers.listUnfinished(rowsAtOnce)) {
    if (spoolIds.has(id) || !patience.ripe(`lost paper ${id}`)) continue;
    // It was accepted between the two looks, or was just finished.
    const [manifest, latest] = [await spool.findManifest(id), await database.questionPapers.find(id)];
    if (manifest || latest?.status !== 'PROCESSING') continue;
    await database.questionPapers.fail({ id }, { code: 'PAPER_LOST', detail: 'The uploaded file is gone; upload the paper again.' });
  }
}

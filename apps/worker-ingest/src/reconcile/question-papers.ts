import type { QuestionPaper } from '@gradeflow/database';
import type { WorkShare } from '@gradeflow/queue';
import type { KnownEntry } from './entry-catalogue.ts';
import { endsRound, isAway, maxRuns, type QueueState, type ReconcileDeps } from './truth.ts';

type Rows = Map<string, QuestionPaper>;

const rowsAtOnce = 500;
/** The bytes of a paper that could not be read stay in the spool for so long, for whoever looks for the reason. */
const failedKeptMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Compares question papers in the spool, and unfinished ones without an entry, with the queue. Cost: nothing without papers but one query; with some, one
 * more query and one pipeline. With Postgres away, or without the
 * lease (`databaseUp` false), lost jobs are still queued. Returns whether Postgres answered.
 */
export async function reconcilePapers(deps: ReconcileDeps, entries: KnownEntry[], databaseUp = true): Promise<boolean> {
  const ids = entries.map(({ id }) => id);
  const rows: Rows | null = databaseUp ? await findRows(deps, ids) : null;
  const states = await deps.producer.questionPaperStates(ids.map((id) => ({ paperId: id, run: rows?.get(id)?.run ?? 1 })));
  for (const [index, { id, share }] of entries.entries()) {
    try {
      const row = rows?.get(id) ?? null;
      await settlePaper(deps, { id, share: share ?? undefined, state: states[index] ?? 'missing', row, databaseUp: rows !== null });
    } catch (error) {
      if (endsRound(error)) throw error;
      deps.log.error({ err: error, paperId: id }, 'a question paper could not be reconciled');
    }
  }
  if (rows !== null) await failLost(deps, new Set(ids));
  return rows !== null;
}

async function findRows({ database }: ReconcileDeps, ids: string[]): Promise<Rows | null> {
  if (ids.length === 0) return new Map();
  try {
    return new Map((await database.questionPapers.findMany(ids)).map((row) => [row.id, row]));
  } catch (error) {
    if (isAway(error, 'POSTGRES_UNAVAILABLE')) return null;
    throw error;
  }
}

interface PaperEntry {
  id: string;
  share: WorkShare | undefined;
  state: QueueState;
  /** Null when there is none, or while Postgres is away. */
  row: QuestionPaper | null;
  databaseUp: boolean;
}

async function settlePaper(deps: ReconcileDeps, { id, share, state, row, databaseUp }: PaperEntry): Promise<void> {
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
    await producer.enqueueQuestionPaper({ paperId: id, run: row?.run ?? 1, share });
    log.warn({ paperId: id }, 'a question paper that the queue did not know was queued again');
    return;
  }
  if (row) return void (await startNextPaperRun(deps, row, share));
  // Its job ended while Postgres was away: the next round goes on with the row.
  const manifest = databaseUp ? await spool.findManifest(id) : null;
  if (manifest) await deps.recordQuestionPaper(manifest);
}

/**
 * A run ended, or lost a step of its own, without a result: the next one, begun by whoever of several replicas the row lets. False when somebody else did or the paper is given up.
 */
export async function startNextPaperRun(
  { database, producer, log, fencedBy }: ReconcileDeps,
  { id, run }: Pick<QuestionPaper, 'id' | 'run'>,
  share: WorkShare | undefined,
): Promise<boolean> {
  if (run >= maxRuns) {
    const reason = { code: 'GAVE_UP', detail: `The question paper was started ${run} times without an end.` };
    await database.questionPapers.fail({ id }, reason, fencedBy);
    return false;
  }
  const next = await database.questionPapers.nextRun(id, { ifRun: run, fencedBy });
  if (!next) return false;
  log.warn({ paperId: id, run: next.run }, 'the reading of a question paper ended without a result; started again');
  await producer.enqueueQuestionPaper({ paperId: id, run: next.run, share });
  return true;
}

/** A row that still waits for its reading, whose upload is in the spool no more. */
async function failLost({ database, spool, patience, fencedBy }: ReconcileDeps, spoolIds: Set<string>): Promise<void> {
  for (const { id } of await database.questionPapers.listUnfinished(rowsAtOnce)) {
    if (spoolIds.has(id) || !patience.ripe(`lost paper ${id}`)) continue;
    // It was accepted between the two looks, or was just finished.
    const [manifest, latest] = [await spool.findManifest(id), await database.questionPapers.find(id)];
    if (manifest || latest?.status !== 'PROCESSING') continue;
    await database.questionPapers.fail(
      { id },
      { code: 'PAPER_LOST', detail: 'The uploaded file is gone; upload the paper again.' },
      fencedBy,
    );
  }
}

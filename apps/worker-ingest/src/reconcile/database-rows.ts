import type { Submission } from '@gradeflow/database';
import { isUnfinished, type ReconcileDeps, startNextRun } from './truth.ts';

const rowsAtOnce = 500;
const announcedAtOnce = 100;
/** The worker that wrote a grading queues its notice itself; only what is older was lost. */
const noticeGraceMs = 5_000;
/** A notice that failed for good is tried under a new id each ten minutes. */
const noticeRoundMs = 600_000;

/**
 * Unfinished submissions without a spool entry: regrades, whose pages are in the database. `spoolIds` are those that reconcileSpool looked after.
 * Cost: one query, and for each 500 such rows one more and one look at the queue.
 */
export async function reconcileRegrades(deps: ReconcileDeps, spoolIds: string[]): Promise<void> {
  let afterId: string | undefined;
  for (;;) {
    const rows = await deps.database.submissions.listUnfinished(rowsAtOnce, afterId, spoolIds);
    const states = await deps.producer.gradingStates(rows.map(({ id, run }) => ({ submissionId: id, run })));
    for (const [index, row] of rows.entries()) await settleRegrade(deps, row, states[index] ?? 'missing');
    afterId = rows.at(-1)?.id;
    if (rows.length < rowsAtOnce) return;
  }
}

async function settleRegrade(deps: ReconcileDeps, row: Submission, state: string): Promise<void> {
  if (state === 'pending' || !deps.patience.ripe(`regrade ${row.id} ${row.run} ${state}`)) return;
  // It was accepted or finished between the two looks.
  const latest = await deps.database.submissions.find(row.id);
  if (!latest || !isUnfinished(latest) || (await deps.spool.findManifest(row.id))) return;
  const run = state === 'missing' ? latest.run : await startNextRun(deps, latest, ['grade']);
  if (run !== null) await deps.producer.enqueueGrading({ submissionId: row.id, run, share: { institutionId: latest.institutionId } });
}

/** Submissions that waited for questions and have some now. Cost: one query when there are none. */
export async function reconcileWaiting({ database, producer, fencedBy }: ReconcileDeps): Promise<void> {
  for (const assessmentId of await database.submissions.listAssessmentsWithWaiting()) {
    for (const row of await database.submissions.listWaitingForQuestions(assessmentId, rowsAtOnce)) {
      const next = await database.submissions.nextRun(row.id, { fromFailed: false, stages: ['grade'], ifRun: row.run, fencedBy });
      const share = { institutionId: row.institutionId };
      if (next) await producer.enqueueGrading({ submissionId: row.id, run: next.run, share });
    }
  }
}

/** Gradings nobody was told of. Cost: one query, and a second one only when there are some. */
export async function reconcileNotices({ database, producer }: ReconcileDeps): Promise<void> {
  const unannounced = await database.gradings.listUnannounced(noticeGraceMs, announcedAtOnce);
  for (const gradingId of unannounced) await producer.enqueueNotification(gradingId);
  if (unannounced.length === 0) return;
  const round = Math.floor(Date.now() / noticeRoundMs);
  for (const gradingId of await database.gradings.listUnannounced(noticeRoundMs, announcedAtOnce)) {
    await producer.enqueueNotification(gradingId, round);
  }
}

/** Reports that were asked for and are not built. Cost: one query, and one round trip for each such report. */
export async function reconcileReports({ database, producer, patience, fencedBy }: ReconcileDeps): Promise<void> {
  for (const { id } of await database.reports.listUnfinished(2_000, 100)) {
    const state = await producer.reportState(id);
    if (state === 'pending' || !patience.ripe(`report ${id} ${state}`)) continue;
    if (state === 'missing') await producer.enqueueReport(id);
    else await database.reports.setStatus(id, 'FAILED', { reason: 'The report could not be built; ask for it again.', fencedBy });
  }
}

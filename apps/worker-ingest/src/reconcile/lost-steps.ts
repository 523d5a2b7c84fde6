import { startNextPaperRun } from './question-papers.ts';
import type { ReconcileDeps } from './truth.ts';
import { startNextRun } from './truth.ts';

const oldest = 200;
/** Younger reports are still being queued by whoever was asked for them. */
const reportGraceMs = 2_000;

/**
 * What waits for a step that the queue has lost (memory, a deleted key) would wait for ever: it is started anew. Looks at the oldest unfinished
 * things of each kind alone, since what stands still becomes one of them. Cost: one query a kind, and a look at the open jobs of each.
 */
export async function restartLost(deps: ReconcileDeps): Promise<void> {
  await restartLostRuns(deps);
  await restartLostPapers(deps);
  await requeueLostReports(deps);
}

async function restartLostRuns(deps: ReconcileDeps): Promise<void> {
  const { database, producer, spool } = deps;
  const rows = await database.submissions.listUnfinished(oldest);
  const lost = await producer.haveLostSteps(rows.map(({ id, run }) => ({ submissionId: id, run })));
  for (const row of rows.filter((_, index) => lost[index])) {
    const inSpool = (await spool.findManifest(row.id)) !== null;
    const run = await startNextRun(deps, row, inSpool ? undefined : ['grade']);
    if (run === null) continue;
    const work = { submissionId: row.id, run, share: { institutionId: row.institutionId, pages: row.pagesTotal } };
    await (inSpool ? producer.enqueueSubmission(work) : producer.enqueueGrading(work));
    await producer.dropRun({ submissionId: row.id, run: row.run });
  }
}

async function restartLostPapers(deps: ReconcileDeps): Promise<void> {
  const { database, producer } = deps;
  const rows = await database.questionPapers.listUnfinished(oldest);
  const lost = await producer.haveQuestionPapersLostSteps(rows.map(({ id, run }) => ({ paperId: id, run })));
  for (const row of rows.filter((_, index) => lost[index])) {
    const begun = await startNextPaperRun(deps, row, { institutionId: row.institutionId, pages: row.pagesTotal });
    if (begun) await producer.dropQuestionPaperRun({ paperId: row.id, run: row.run });
  }
}

/** A report is one job under one id: it can only be lost whole, and is put in line again. */
async function requeueLostReports({ database, producer, log }: ReconcileDeps): Promise<void> {
  const rows = await database.reports.listUnfinished(reportGraceMs, oldest);
  const lost = await producer.areReportsLost(rows.map(({ id }) => id));
  for (const { id } of rows.filter((_, index) => lost[index])) {
    await producer.dropReport(id);
    await producer.enqueueReport(id);
    log.warn({ reportId: id }, 'a report that stood in no line of the queue was queued again');
  }
}

import type { ReconcileDeps } from './truth.ts';
import { startNextRun } from './truth.ts';

const oldest = 200;

/**
 * Runs that wait for a step which the queue has lost (memory, a deleted key) would wait for ever: they are started anew. Looks at the oldest unfinished
 * submissions alone, since what stands still becomes one of them. Cost: one query, and a look at the open jobs of each.
 */
export async function restartLostRuns({ database, producer, ...deps }: ReconcileDeps): Promise<void> {
  const rows = await database.submissions.listUnfinished(oldest);
  const lost = await producer.haveLostSteps(rows.map(({ id, run }) => ({ submissionId: id, run })));
  for (const [index, row] of rows.entries()) {
    if (!lost[index]) continue;
    const inSpool = (await deps.spool.findManifest(row.id)) !== null;
    const run = await startNextRun({ database, producer, ...deps }, row, inSpool ? undefined : ['grade']);
    if (run === null) continue;
    const work = { submissionId: row.id, run, share: { institutionId: row.institutionId, pages: row.pagesTotal } };
    await (inSpool ? producer.enqueueSubmission(work) : producer.enqueueGrading(work));
    await producer.dropRun({ submissionId: row.id, run: row.run });
  }
}

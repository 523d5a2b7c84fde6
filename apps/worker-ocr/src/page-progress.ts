import type { StageRepository } from '@gradeflow/database';
import type { Logger } from '@gradeflow/logger';

/** Shows how far reading is. Best effort: pages are counted from the spool, and nothing waits for Postgres here. */
export async function showProgress(
  deps: { stages: Pick<StageRepository, 'setPages'>; log: Logger },
  submissionId: string,
  pages: { total?: number; done?: number },
): Promise<void> {
  try {
    await deps.stages.setPages(submissionId, pages);
  } catch (error) {
    deps.log.warn({ err: error, submissionId }, 'progress could not be noted');
  }
}

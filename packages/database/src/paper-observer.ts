import type { Manifest } from '@gradeflow/contracts';
import { newQuestionPaperOf } from './new-submission.ts';
import type { QuestionPaperRepository } from './repositories/question-papers.ts';
import type { StageRepository } from './repositories/stages.ts';
import { temporaryFaults } from './stage-observer.ts';

/** The part of the job's payload that matters here. */
interface PaperJob {
  paperId: string;
  run: number;
}

/**
 * Stamps the reading of question papers (stage `extract` under the paper's id) from what the worker shell reports, in the shape of the queue's JobObserver.
 * A paper whose job failed for good is FAILED with the reason in words, also when it has no row yet; but not when a service was away (the reconciler
 * starts another run) or a newer run is under way.
 */
export function createPaperObserver(deps: {
  stages: Pick<StageRepository, 'start' | 'complete' | 'fail'>;
  questionPapers: Pick<QuestionPaperRepository, 'find' | 'fail'>;
  spool: { findManifest(id: string): Promise<Manifest | null> };
}) {
  const { stages, questionPapers, spool } = deps;
  return {
    started: ({ paperId }: PaperJob, at: Date, attempt: number) => stages.start(paperId, 'extract', at, attempt),
    completed: ({ paperId }: PaperJob, at: { startedAt: Date; finishedAt: Date }, attempt: number) =>
      stages.complete(paperId, 'extract', at, attempt),
    async failedForGood({ paperId, run }: PaperJob, at: Date, { code, detail }: { code: string; detail: string }, attempt: number) {
      const row = await questionPapers.find(paperId);
      if (row && row.run > run) return;
      const words = code === 'INTERNAL' ? 'An unexpected error stopped the reading of the paper.' : detail;
      await stages.fail(paperId, 'extract', at, words, attempt);
      if (temporaryFaults.has(code)) return;
      const manifest = row ? null : await spool.findManifest(paperId);
      if (row) await questionPapers.fail({ id: paperId }, { code, detail: words });
      else if (manifest) await questionPapers.fail(newQuestionPaperOf(manifest), { code, detail: words });
    },
  };
}

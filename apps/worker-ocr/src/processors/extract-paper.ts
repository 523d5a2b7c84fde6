import { type extractPaper, type Manifest, type PageReading, type PaperAnalysis, readPage } from '@gradeflow/contracts';
import type { QuestionPaper, QuestionPaperRepository, RecordQuestionPaper, StageRepository } from '@gradeflow/database';
import { isPermanent, PermanentError } from '@gradeflow/errors';
import type { ChildOutcomes, FanOutProcessor, JobContext } from '@gradeflow/queue';
import type { ReadingPool } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { showProgress } from '../page-progress.ts';
import { completePages, openPageJobs } from './page-jobs.ts';

export interface ExtractPaperDeps {
  spool: Pick<Spool, 'findManifest' | 'findPage' | 'listPages' | 'writePage' | 'originalPath' | 'findPagePicture' | 'remove'>;
  storage: Pick<Storage, 'putFile'>;
  stages: Pick<StageRepository, 'setPages'>;
  questionPapers: Pick<QuestionPaperRepository, 'find' | 'saveAnalysis'>;
  recordQuestionPaper: RecordQuestionPaper;
  readingPool: Pick<ReadingPool, 'proposeQuestions'>;
}

type Context = JobContext<typeof extractPaper>;
type Result = { pagesTotal: number; proposals: number };

/**
 * Fans a question paper out into one read-page job a page, proposes its questions, moves originals and pictures to the storage, writes everything once
 * and clears the spool. It may run any number of times: only a PROCESSING paper is written.
 * The row is made before reading when Postgres answers, so that what may not be is refused early; a silent Postgres does not hold up the reading.
 * Throws PermanentError ASSESSMENT_NOT_FOUND, FORBIDDEN, PAPER_UNREADABLE when not one page could be read, PAPER_LOST when neither the spool nor the
 * database has it, and a page's own code when the volume was at fault.
 */
export function createExtractPaper(deps: ExtractPaperDeps): FanOutProcessor<typeof extractPaper, typeof readPage> {
  const { spool, stages } = deps;
  return {
    child: readPage,
    plan: async ({ payload: { paperId, run }, log }) => {
      const manifest = await spool.findManifest(paperId);
      if (!manifest) return [];
      try {
        const { status } = await deps.recordQuestionPaper(manifest);
        if (status !== 'PROCESSING') return [];
      } catch (error) {
        if (isPermanent(error)) throw error;
        log.warn({ err: error, paperId }, 'a question paper is read before it could be recorded');
      }
      const { children, total } = await openPageJobs(spool, manifest, { submissionId: paperId, run });
      await showProgress({ stages, log }, paperId, { total, done: total - children.length });
      return children;
    },
    collect: async (context, outcomes) => {
      const { paperId } = context.payload;
      const manifest = await spool.findManifest(paperId);
      const row = manifest ? await deps.recordQuestionPaper(manifest) : await deps.questionPapers.find(paperId);
      if (row?.status === 'FAILED') throw failedBefore(row);
      const earlier = row?.analysis ? { pagesTotal: row.pagesTotal, proposals: row.analysis.proposals.length } : null;
      const result = earlier ?? (await analyse(deps, context, manifest ?? paperLost(), outcomes));
      await spool.remove(paperId);
      return result;
    },
  };
}

async function analyse(deps: ExtractPaperDeps, context: Context, manifest: Manifest, outcomes: ChildOutcomes): Promise<Result> {
  const { paperId, run } = context.payload;
  const pages = await completePages(deps.spool, manifest, { submissionId: paperId, run }, outcomes, {
    code: 'PAPER_UNREADABLE',
    detail: 'No page of the question paper could be read.',
  });
  const { proposals, sections, choices, total } = await deps.readingPool.proposeQuestions(pages, { signal: context.signal });
  const analysis: PaperAnalysis = {
    proposals: proposals.map(({ section = null, choiceGroup = null, ...proposal }) => ({ ...proposal, section, choiceGroup })),
    sections,
    choices,
    total,
  };
  // Before the row says READY: from then on nothing looks into the spool.
  await storeFiles(deps, context, manifest, pages);
  await deps.questionPapers.saveAnalysis(paperId, pages, analysis);
  context.log.info({ paperId, pages: pages.length, proposals: proposals.length }, 'questions proposed');
  return { pagesTotal: pages.length, proposals: proposals.length };
}

async function storeFiles({ spool, storage }: ExtractPaperDeps, { payload, signal }: Context, manifest: Manifest, pages: PageReading[]) {
  const { paperId } = payload;
  for (const { path, sha256 } of manifest.files) {
    signal.throwIfAborted();
    await storage.putFile(storageKeys.paperOriginal(paperId, path), spool.originalPath(paperId, path), { sha256 });
  }
  for (const { number } of pages) {
    signal.throwIfAborted();
    const picture = await spool.findPagePicture(paperId, number);
    if (picture !== null) await storage.putFile(storageKeys.paperPicture(paperId, number), picture);
  }
}

function failedBefore({ reasonCode, reasonDetail }: QuestionPaper): PermanentError {
  return new PermanentError({ code: reasonCode ?? 'FAILED', detail: reasonDetail ?? 'The paper has failed before.' });
}

function paperLost(): never {
  throw new PermanentError({ code: 'PAPER_LOST', detail: 'The upload is gone from the spool and was never read to its end.' });
}

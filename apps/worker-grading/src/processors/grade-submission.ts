import type { gradeSubmission } from '@gradeflow/contracts';
import type { Database, Submission } from '@gradeflow/database';
import { AppError, ConflictError, PermanentError, UnavailableError } from '@gradeflow/errors';
import { type Grader, gradeSheet } from '@gradeflow/grading';
import type { JobProducer, Processor } from '@gradeflow/queue';
import { segmentCorrected } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { uuidv7 } from 'uuidv7';
import type { ModelContextOf } from '../model/model-context.ts';
import { findEarlierGrades } from './earlier-grades.ts';
import { planRun } from './plan-run.ts';
import { sampleForReview } from './sample.ts';
import { readSheetPages, storePagePictures } from './sheet-pages.ts';

export interface GradeSubmissionDeps {
  database: Database;
  spool: Spool;
  storage: Storage;
  producer: Pick<JobProducer, 'enqueueNotification'>;
  grader: Grader;
  /** What a model's grader is told and kept to for one submission. */
  modelContextOf: ModelContextOf;
}

type Context = Parameters<Processor<typeof gradeSubmission>>[0];
type Result = Awaited<ReturnType<Processor<typeof gradeSubmission>>>;

/**
 * Takes the fence, splits the sheet into answers, grades them, stores pictures, then writes pages, grading and status in one fenced transaction; tells about it and clears
 * the spool as far as that is possible now (the reconciler does the rest). Runs any number of times: a run that is graded already only finishes what comes after.
 * Errors: ConflictError FENCED when a newer run or holder does the work, UnavailableError while rows or pages are not there yet.
 */
export function createGradeSubmission(deps: GradeSubmissionDeps): Processor<typeof gradeSubmission> {
  const { database, spool } = deps;
  return async (context) => {
    const { submissionId, run } = context.payload;
    if (await isDeleted(deps, submissionId)) return skip(deps, submissionId);
    const fence = await database.submissions.takeFence(submissionId);
    const submission = await database.submissions.find(submissionId);
    if (fence === null || submission === null) return missingRow(deps, submissionId);
    if (submission.run > run) throw new ConflictError({ code: 'FENCED', detail: 'A newer run of this submission is under way.' });
    const saved = (await findOwnResult(deps, submissionId, run)) ?? (await gradeUnlessDeleted(deps, context, submission, fence));
    // Deleted meanwhile: what was just written must not outlive it.
    if (saved === null || (await isDeleted(deps, submissionId))) return skip(deps, submissionId);
    if (saved.gradingId !== null) await announce(deps, context, saved.gradingId);
    if (await isPersisted(deps, submissionId)) await spool.remove(submissionId);
    return saved;
  };
}

async function isDeleted({ spool, database }: GradeSubmissionDeps, submissionId: string): Promise<boolean> {
  return (await spool.isDeleted(submissionId)) || (await database.submissions.isDeleted(submissionId));
}

/** Removes everything that steps have left on disk, the spool entry last: as long as it stands, its mark stops every other step. */
async function skip({ spool, storage }: GradeSubmissionDeps, submissionId: string): Promise<Result> {
  await storage.removeAll(storageKeys.submission(submissionId));
  await spool.remove(submissionId);
  return { status: 'SKIPPED', gradingId: null };
}

/** No row: gone for good when the spool does not know it either; else it is still being recorded. */
async function missingRow(deps: GradeSubmissionDeps, submissionId: string): Promise<Result> {
  if ((await isDeleted(deps, submissionId)) || (await deps.spool.findManifest(submissionId)) === null) return skip(deps, submissionId);
  throw new UnavailableError({ code: 'SUBMISSION_NOT_RECORDED', detail: 'The submission has not been recorded yet.' });
}

async function findOwnResult({ database }: GradeSubmissionDeps, submissionId: string, run: number): Promise<Result | null> {
  const own = (await database.gradings.list(submissionId)).find((grading) => grading.run === run && grading.grader !== 'human');
  if (!own) return null;
  return { status: own.questions.some((question) => question.needsReview) ? 'NEEDS_REVIEW' : 'GRADED', gradingId: own.id };
}

async function gradeUnlessDeleted(
  deps: GradeSubmissionDeps,
  context: Context,
  submission: Submission,
  fence: number,
): Promise<Result | null> {
  try {
    return await gradeAndSave(deps, context, submission, fence);
  } catch (error) {
    if (error instanceof AppError && error.code === 'SUBMISSION_DELETED') return null;
    throw error;
  }
}

async function gradeAndSave(deps: GradeSubmissionDeps, context: Context, submission: Submission, fence: number): Promise<Result> {
  const { database, spool, grader } = deps;
  const { signal, log } = context;
  const { id: submissionId, assessmentId, run } = submission;
  const assessment = await database.assessments.find(assessmentId);
  if (!assessment) throw new PermanentError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'The assessment of this submission is gone.' });
  const pages = await readSheetPages({ spool, database }, submissionId, submission.pagesTotal);
  const { questions, graded, rubricVersion, isPart, corrections } = await planRun(database, submission);
  await storePagePictures(deps, submissionId, pages, signal);
  const write = { submissionId, run, fence, pages, isPart };
  if (questions.length === 0) {
    await database.gradings.saveMachineGrading({ ...write, status: 'NEEDS_REVIEW', waitingCause: 'NO_QUESTIONS', grading: null });
    return { status: 'NEEDS_REVIEW', gradingId: null };
  }
  const corrected = segmentCorrected(
    pages,
    questions.map((question) => question.number),
    { prompts: Object.fromEntries(questions.map((question) => [question.number, question.prompt])) },
    corrections,
  );
  const earlier = await findEarlierGrades(database, submission);
  const model = grader.kind === 'openai' ? { model: await deps.modelContextOf(submission, assessment) } : {};
  const { reviewBelow } = assessment;
  const sheet = await gradeSheet({ ...corrected, questions: graded, grader, earlier, reviewBelow, ...model, signal });
  const results = sampleForReview(submissionId, sheet.questions, assessment.sampleShare);
  const status = results.some((question) => question.needsReview) ? 'NEEDS_REVIEW' : 'GRADED';
  signal.throwIfAborted();
  const grading = {
    id: uuidv7(),
    grader: grader.kind,
    rubricVersion,
    score: sheet.score,
    maxScore: sheet.maxScore,
    questions: results,
    unassigned: sheet.unassigned,
  };
  const waitingCause = status === 'NEEDS_REVIEW' ? 'REVIEW' : null;
  const { gradingId } = await database.gradings.saveMachineGrading({ ...write, status, waitingCause, grading });
  log.info({ submissionId, run, status, pages: pages.length, questions: results.length }, 'graded');
  return { status, gradingId };
}

/** Best effort: what cannot be enqueued now, the reconciler enqueues. */
async function announce({ producer }: GradeSubmissionDeps, { log }: Context, gradingId: string): Promise<void> {
  try {
    await producer.enqueueNotification(gradingId);
  } catch (error) {
    log.warn({ err: error, gradingId }, 'the notice could not be enqueued; the reconciler repeats it');
  }
}

/** True once the originals rest in the storage: then nothing in the spool is needed any more. */
async function isPersisted({ database }: GradeSubmissionDeps, submissionId: string): Promise<boolean> {
  const { stages } = await database.stages.list(submissionId);
  return stages.some((stage) => stage.name === 'persist' && stage.status === 'COMPLETED');
}

import type { Role, StageView, SubmissionItem, SubmissionResult, SubmissionView, WaitingFor } from '@gradeflow/contracts';
import type { Assessment, CurrentGrading, Stage, Submission } from '@gradeflow/database';
import type { z } from 'zod';

/** Everything that one view is made of. */
export interface SubmissionParts {
  submission: Submission;
  progress: { stages: Stage[]; pagesTotal: number; pagesDone: number };
  grading: CurrentGrading | null;
  /** Null when it is gone or not known. */
  assessment: Pick<Assessment, 'release' | 'releasedAt'> | null;
  reader: Role;
  /** Why it does not move, while it is under way. */
  standstill: WaitingFor | null;
}

export function presentSubmission(parts: SubmissionParts): SubmissionView {
  const { submission, progress, grading } = parts;
  const withheld = isWithheld(parts.assessment);
  const hidden = withheld && parts.reader === 'STUDENT';
  return {
    id: submission.id,
    assessmentId: submission.assessmentId,
    studentId: submission.studentId,
    label: submission.label,
    status: submission.status,
    reason: submission.status === 'FAILED' ? { code: submission.reasonCode ?? 'FAILED', detail: submission.reasonDetail ?? '' } : null,
    progress: { percent: percentOf(submission, progress, grading !== null), ...pagesOf(submission, progress) },
    stages: progress.stages.map(presentStage),
    waitingFor: waitingFor(submission, parts.standstill, hidden ? null : grading),
    result: grading && !hidden ? presentResult(grading) : null,
    createdAt: submission.createdAt.toISOString(),
    originalName: submission.originalName,
    bytes: submission.bytes,
    student: submission.student,
    batchId: null,
    duplicateOf: submission.duplicateOf,
    resultState: grading === null ? 'NONE' : withheld ? 'WITHHELD' : 'RELEASED',
  };
}

type Listed = Submission & { score: number | null; maxScore: number | null; minConfidence: number | null; reviews: number };

export function presentSubmissionItem(
  listed: Listed,
  progress: SubmissionParts['progress'] | undefined,
  hideMarks: boolean,
): z.infer<typeof SubmissionItem> {
  const known = progress ?? { stages: [], pagesTotal: listed.pagesTotal, pagesDone: listed.pagesDone };
  return {
    id: listed.id,
    label: listed.label,
    student: listed.student,
    status: listed.status,
    percent: percentOf(listed, known, listed.score !== null),
    score: hideMarks ? null : listed.score,
    maxScore: hideMarks ? null : listed.maxScore,
    minConfidence: hideMarks ? null : listed.minConfidence,
    reviews: hideMarks ? 0 : listed.reviews,
    pages: pagesOf(listed, known).pagesTotal,
    createdAt: listed.createdAt.toISOString(),
    batchId: null,
    duplicateOf: listed.duplicateOf,
  };
}

/** Under MANUAL nobody but teachers sees marks before they are released. */
export function isWithheld(assessment: SubmissionParts['assessment']): boolean {
  return assessment !== null && assessment.release === 'MANUAL' && assessment.releasedAt === null;
}

/**
 * 0–100, from what is stored and only grows: 5 for the accepted upload, 85 by pages read, 5 when reading is complete, 2 each for stored and recorded.
 * 100 is a result (also while it is being graded again) or a submission that waits for people, and stays when a later run grades what waited.
 * A later run sets its steps back to waiting; what an earlier one has read, stored and recorded still counts.
 */
export function percentOf(
  submission: Pick<Submission, 'status' | 'run' | 'pagesTotal' | 'pagesDone' | 'persisted'>,
  progress: SubmissionParts['progress'],
  graded: boolean,
): number {
  if (graded || submission.status === 'GRADED' || submission.status === 'NEEDS_REVIEW') return 100;
  const { pagesDone, pagesTotal } = pagesOf(submission, progress);
  const again = submission.run > 1;
  const done = (name: string) => progress.stages.some((stage) => stage.name === name && stage.status === 'COMPLETED');
  const extracted = done('extract') || (again && pagesTotal > 0 && pagesDone === pagesTotal);
  const persisted = done('persist') || (again && submission.persisted);
  const recorded = done('record') || again;
  if (again && extracted && persisted && recorded) return 100;
  const read = pagesTotal > 0 ? Math.min(1, pagesDone / pagesTotal) : 0;
  return Math.min(99, Math.floor(5 + 85 * read) + (extracted ? 5 : 0) + (persisted ? 2 : 0) + (recorded ? 2 : 0));
}

function pagesOf(submission: Pick<Submission, 'pagesTotal' | 'pagesDone'>, progress: { pagesTotal: number; pagesDone: number }) {
  const pagesTotal = Math.max(submission.pagesTotal, progress.pagesTotal);
  return { pagesDone: Math.min(pagesTotal, Math.max(submission.pagesDone, progress.pagesDone)), pagesTotal };
}

function presentStage(stage: Stage): StageView {
  return {
    name: stage.name,
    status: stage.status,
    startedAt: stage.startedAt?.toISOString() ?? null,
    finishedAt: stage.finishedAt?.toISOString() ?? null,
    attempts: stage.attempts,
    reason: stage.reason,
  };
}

function presentResult(grading: CurrentGrading): SubmissionResult {
  const { score, maxScore, grader, rubricVersion, questions, unassigned } = grading;
  return { score, maxScore, grader, gradedAt: grading.createdAt.toISOString(), rubricVersion, questions, unassigned };
}

/** What stands still, since when, and what happens next. Null while a step is under way and once it is graded. */
function waitingFor(submission: Submission, standstill: WaitingFor | null, grading: CurrentGrading | null): WaitingFor | null {
  const since = submission.updatedAt.toISOString();
  const says = (cause: string, next: string, more: Partial<WaitingFor> = {}): WaitingFor => ({ cause, since, next, nextAt: null, ...more });
  switch (submission.status) {
    case 'GRADED':
      return null;
    case 'NEEDS_REVIEW':
      return submission.waitingCause === 'NO_QUESTIONS'
        ? says('NO_QUESTIONS', 'It is graded by itself once the assessment has questions.', {
            action: { method: 'PUT', path: `/v1/assessments/${submission.assessmentId}/questions` },
          })
        : says('REVIEW', `A person decides the questions that are marked for review.${capWords(grading)}`);
    case 'FAILED':
      return says(submission.reasonCode ?? 'FAILED', 'It stays so until somebody tries it again.', {
        action: { method: 'POST', path: `/v1/submissions/${submission.id}/retry` },
      });
    default:
      return standstill;
  }
}

const capFaults = ['budget-reached', 'budget-currency', 'price-unknown'];

/** Says so where the spending cap kept a model from grading. */
function capWords(grading: CurrentGrading | null): string {
  const kept = (grading?.questions ?? []).filter(({ needsReview, modelFault }) => needsReview && capFaults.includes(modelFault ?? ''));
  if (kept.length === 0) return '';
  return ` The spending cap for models kept ${kept.length === 1 ? 'one of them' : `${kept.length} of them`} from being graded by a model: the built-in grader decided.`;
}

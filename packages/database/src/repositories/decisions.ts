import { ConflictError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { Prisma } from '../generated/client.ts';
import { storableJson } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import type { CurrentResult, DecisionOutcome, NewDecision } from '../types.ts';
import { listCurrentRows, toCurrentResult } from './current-results.ts';
import { projectDecision, projectTotals } from './question-results.ts';

type Tx = Prisma.TransactionClient;

interface LockedSubmission {
  run: number;
  status: string;
  assessmentId: string;
  institutionId: string;
  deleted: boolean;
}

/** Writes one decision within the caller's transaction; see GradingRepository.saveDecision. */
export async function saveDecision(tx: Tx, decision: NewDecision): Promise<DecisionOutcome> {
  const { submissionId, result } = decision;
  const submission = await lockSubmission(tx, submissionId);
  const before = await getCurrent(tx, submissionId, result.questionId);
  if (decision.basedOn !== undefined && decision.basedOn !== before.gradingId) {
    const detail = `Somebody else has decided this question since: grading ${before.gradingId} counts now.`;
    throw new ConflictError({ code: 'DECISION_CONFLICT', detail, members: { current: before.gradingId } });
  }
  const gradingId = decision.id;
  await tx.grading.create({ data: toRow(decision, submission.run, before.gradingId) });
  // A question that goes back to the machine's result follows the machine again.
  const backToMachine = decision.revertedTo !== undefined && decision.revertedTo === before.machineGradingId;
  await projectDecision(tx, {
    submissionId,
    assessmentId: submission.assessmentId,
    gradingId: backToMachine ? (decision.revertedTo ?? gradingId) : gradingId,
    result,
    decidedBy: backToMachine ? null : decision.by,
  });
  const totals = await projectTotals(tx, submissionId);
  const status = totals.reviews === 0 ? 'GRADED' : 'NEEDS_REVIEW';
  const finished = submission.status === 'NEEDS_REVIEW' && status === 'GRADED';
  const toAnnounce = finished || (await hasUntold(tx, submissionId, gradingId));
  await tx.grading.update({
    where: { id: gradingId },
    data: { score: totals.score, maxScore: totals.maxScore, ...(toAnnounce ? {} : { announcedAt: new Date() }) },
  });
  await tx.submission.update({ where: { id: submissionId }, data: { status, waitingCause: status === 'GRADED' ? null : 'REVIEW' } });
  await tx.reviewClaim.deleteMany({ where: { submissionId, questionId: result.questionId } });
  await writeAudit(tx, decision, submission, before);
  const current = await getCurrent(tx, submissionId, result.questionId);
  return { gradingId, current, ...totals, status, finished, toAnnounce };
}

/** The decision that ends the review is told of, and one that replaces a grading before people were told of that: a notice is about what counts when it is written. */
async function hasUntold(tx: Tx, submissionId: string, gradingId: string): Promise<boolean> {
  return (
    (await tx.grading.findFirst({ where: { submissionId, announcedAt: null, id: { not: gradingId } }, select: { id: true } })) !== null
  );
}

async function lockSubmission(tx: Tx, id: string): Promise<LockedSubmission> {
  const [row] = await tx.$queryRaw<LockedSubmission[]>`
    SELECT run, status::text AS status, assessment_id AS "assessmentId", institution_id AS "institutionId", deleted_at IS NOT NULL AS deleted
    FROM submission WHERE id = ${id}::uuid FOR UPDATE`;
  if (!row || row.deleted) throw notFound('submission');
  if (row.status !== 'GRADED' && row.status !== 'NEEDS_REVIEW')
    throw new ConflictError({ code: 'SUBMISSION_BUSY', detail: 'The submission is being graded; decide when that has ended.' });
  return row;
}

async function getCurrent(tx: Tx, submissionId: string, questionId: string): Promise<CurrentResult> {
  const rows = await listCurrentRows(tx, [submissionId]);
  const row = rows.find((candidate) => candidate.questionId === questionId);
  if (!row) throw notFound('question');
  return toCurrentResult(row);
}

function toRow({ id, submissionId, by, rubricVersion, result, revertedTo, batchId }: NewDecision, run: number, previousId: string) {
  return {
    ...{ id, submissionId, run, rubricVersion, previousId, revertedTo: revertedTo ?? null, batchId: batchId ?? null },
    grader: 'human' as const,
    byId: by,
    questionId: result.questionId,
    score: result.score,
    maxScore: result.maxScore,
    minConfidence: result.confidence,
    reviews: result.needsReview ? 1 : 0,
    questions: JSON.parse(storableJson([result])) as Prisma.InputJsonValue,
    unassigned: [],
  };
}

async function writeAudit(tx: Tx, decision: NewDecision, submission: LockedSubmission, before: CurrentResult): Promise<void> {
  const { submissionId, result, by, id, batchId, revertedTo } = decision;
  await tx.auditEvent.create({
    data: {
      id: uuidv7(),
      institutionId: submission.institutionId,
      actorId: by,
      action: revertedTo === undefined ? 'decision.made' : 'decision.reverted',
      subjectType: 'submission',
      subjectId: submissionId,
      assessmentId: submission.assessmentId,
      data: {
        ...{ questionId: result.questionId, gradingId: id, from: before.result.score, to: result.score },
        ...(batchId === undefined ? {} : { batchId }),
      },
    },
  });
}

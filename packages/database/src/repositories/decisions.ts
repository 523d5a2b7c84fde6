import type { QuestionResult, SubmissionStatus } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import type { Prisma } from '../generated/client.ts';
import { storableJson } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { type CurrentResult, listCurrentRows, toCurrentResult } from './current-results.ts';
import { auditMark, type MarkAction } from './mark-audit.ts';
import { projectDecision, projectTotals } from './question-results.ts';
import { keepPromised, wasPromised } from './regrade-review.ts';

/** A person's decision about one question, ready to be written. */
export interface NewDecision {
  /** Id of the grading row to make. */
  id: string;
  submissionId: string;
  by: string;
  rubricVersion: number;
  result: QuestionResult;
  /** The grading on which the person looked; another one counts by now: ConflictError DECISION_CONFLICT. */
  basedOn?: string | undefined;
  /** Goes back to that grading's result; to a machine's: the question follows the machine again. */
  revertedTo?: string | undefined;
  /** With `revertedTo`: takes a decision back, so that the earlier grading counts as it did, as its own person's. */
  restores?: boolean | undefined;
  /** The decision over many sheets that this one is a part of, or takes back; undone by now: ConflictError BATCH_UNDONE. */
  batchId?: string | undefined;
}

export interface DecisionOutcome {
  gradingId: string;
  current: CurrentResult;
  score: number;
  maxScore: number;
  /** Questions of the submission that still need a person. */
  reviews: number;
  status: SubmissionStatus;
  /** True when this decision was the last one that was missing. */
  finished: boolean;
  /** True when people are to be told: it is the last one, or replaced what nobody has been told of yet. */
  toAnnounce: boolean;
}

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
  if (decision.basedOn !== undefined && decision.basedOn !== before.gradingId) throw decidedSince(before);
  if (decision.batchId !== undefined && !decision.restores) await requireOpenBatch(tx, decision.batchId);
  const gradingId = decision.id;
  await tx.grading.create({ data: toRow(decision, submission.run, before.gradingId) });
  const counting = await findCounting(tx, decision, before);
  await projectDecision(tx, { submissionId, assessmentId: submission.assessmentId, result, ...counting });
  const place = { submissionId, questionId: result.questionId };
  if (decision.restores && (await wasPromised(tx, place, before.gradingId))) await keepPromised(tx, submissionId, [result.questionId]);
  const totals = await projectTotals(tx, submissionId);
  const status = totals.reviews === 0 ? 'GRADED' : 'NEEDS_REVIEW';
  const finished = submission.status === 'NEEDS_REVIEW' && status === 'GRADED';
  const toAnnounce = finished || (await hasUntold(tx, submissionId, gradingId));
  await tx.grading.update({
    where: { id: gradingId },
    data: { score: totals.score, maxScore: totals.maxScore, ...(toAnnounce ? {} : { announcedAt: new Date() }) },
  });
  await tx.submission.update({ where: { id: submissionId }, data: { status, waitingCause: status === 'GRADED' ? null : 'REVIEW' } });
  await tx.reviewClaim.deleteMany({ where: place });
  await auditMark(tx, {
    ...submission,
    ...{ submissionId, by: decision.by, action: actionOf(decision) },
    data: {
      ...{ questionId: result.questionId, gradingId, from: before.result.score, to: result.score },
      ...(decision.batchId === undefined ? {} : { batchId: decision.batchId }),
    },
  });
  const current = await getCurrent(tx, submissionId, result.questionId);
  return { gradingId, current, ...totals, status, finished, toAnnounce };
}

function decidedSince({ gradingId }: CurrentResult): ConflictError {
  const detail = `Somebody else has decided this question since: grading ${gradingId} counts now.`;
  return new ConflictError({ code: 'DECISION_CONFLICT', detail, members: { current: gradingId } });
}

/** Whoever undoes a batch waits for decisions that are being written, and sees them; later ones are refused here. */
async function requireOpenBatch(tx: Tx, batchId: string): Promise<void> {
  const [batch] = await tx.$queryRaw<Array<{ undone: boolean }>>`
    SELECT undone_at IS NOT NULL AS undone FROM decision_batch WHERE id = ${batchId}::uuid FOR SHARE`;
  if (!batch || batch.undone) throw new ConflictError({ code: 'BATCH_UNDONE', detail: 'The decision over many sheets has been undone.' });
}

/** The grading that counts from now on, and whose it is: nobody's when the question goes back to the machine, which it then follows again. */
async function findCounting(tx: Tx, { id, by, revertedTo, restores }: NewDecision, before: CurrentResult) {
  if (revertedTo === undefined) return { gradingId: id, decidedBy: by };
  if (revertedTo === before.machineGradingId) return { gradingId: revertedTo, decidedBy: null };
  if (!restores) return { gradingId: id, decidedBy: by };
  const earlier = await tx.grading.findUniqueOrThrow({ where: { id: revertedTo }, select: { byId: true } });
  // The machine has graded again since its result was looked up.
  if (earlier.byId === null) throw decidedSince(before);
  return { gradingId: revertedTo, decidedBy: earlier.byId };
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

function actionOf({ revertedTo, restores, batchId }: NewDecision): MarkAction {
  if (restores) return 'decision.undone';
  if (revertedTo !== undefined) return 'decision.reverted';
  return batchId === undefined ? 'decision.made' : 'decision.spread';
}

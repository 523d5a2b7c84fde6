import { createHash } from 'node:crypto';
import type { Question, QuestionDecision, QuestionResult, SpreadBody, SpreadItem } from '@gradeflow/contracts';
import type { Actor, Assessment, BatchTarget, CurrentResult, Database, DecisionOutcome, NewDecision } from '@gradeflow/database';
import { AppError } from '@gradeflow/errors';
import { applyDecision, checkDecision } from '@gradeflow/grading';
import { uuidv7 } from 'uuidv7';
import { getQuestion } from './decisions.service.ts';
import type { SheetGate } from './sheet-gate.ts';

/** What became of one sheet, and the decision of which people may have to be told. */
export interface Spread {
  item: SpreadItem;
  outcome: DecisionOutcome | null;
}

export interface SpreadService {
  /**
   * Decides one question of many sheets alike, each in a transaction of its own: what cannot be decided says why and holds up nothing else. The same asked again, by a second
   * click or after a crash, goes on with the same batch and decides nothing twice. Throws NotFoundError QUESTION_NOT_FOUND, ValidationError for what fits no answer.
   */
  decide(actor: Actor, assessment: Assessment, questionId: string, body: SpreadBody): Promise<{ undoId: string; spread: Spread[] }>;
}

export function createSpreadService({ database, gate }: { database: Database; gate: SheetGate }): SpreadService {
  return {
    decide: async (actor, assessment, questionId, body) => {
      const { submissionIds, basedOn = {}, ...decision } = body;
      const { question, rubricVersion } = await getQuestion(database, assessment.id, questionId);
      checkDecision(question, decision);
      const batch = { assessmentId: assessment.id, questionId, by: actor.userId };
      const undoId = await database.decisionBatches.begin({ id: uuidv7(), ...batch, requestHash: hashOf(batch, body) });
      const targets = await database.decisionBatches.listTargets(assessment.id, questionId, submissionIds);
      const found = new Map(targets.map((target) => [target.submissionId, target]));
      const decideOne = async (told: Database, submissionId: string): Promise<Spread> => {
        const target = found.get(submissionId);
        const seen = basedOn[submissionId];
        const code = refusal(target, seen, undoId);
        if (!target?.current || code !== null || target.batchId === undoId) return notWritten(submissionId, target?.current ?? null, code);
        const result = tryDecision(question, target.current.result, decision);
        if (!result) return notWritten(submissionId, target.current, 'VALIDATION_FAILED');
        const made = { id: uuidv7(), submissionId, by: actor.userId, rubricVersion, result, batchId: undoId };
        return writeOne(told, batch, { ...made, basedOn: target.current.gradingId });
      };
      return { undoId, spread: await database.together((told) => gate(submissionIds, (id) => decideOne(told, id))) };
    },
  };
}

/** Why a sheet is not even tried; null when it is. A person's decision is only overruled by who has seen it. */
function refusal(target: BatchTarget | undefined, seen: string | undefined, batchId: string): string | null {
  if (!target) return 'SUBMISSION_NOT_FOUND';
  if (!target.current) return 'NOT_GRADED_YET';
  if (target.batchId === batchId) return null;
  const isStale = seen === undefined ? target.current.decidedBy !== null : seen !== target.current.gradingId;
  return isStale ? 'DECISION_CONFLICT' : null;
}

/** Null when the mark would be out of reach, as an earlier adjustment of this sheet can make it. */
function tryDecision(question: Question, current: QuestionResult, decision: QuestionDecision): QuestionResult | null {
  try {
    return applyDecision(question, current, decision);
  } catch (error) {
    codeOf(error);
    return null;
  }
}

/** Writes one decision of a batch, or says why not. Of two that write the same batch at once, the later one finds it done. */
export async function writeOne(
  { gradings, decisionBatches }: Pick<Database, 'gradings' | 'decisionBatches'>,
  { assessmentId, questionId }: { assessmentId: string; questionId: string },
  decision: NewDecision,
): Promise<Spread> {
  const { submissionId, batchId, restores, revertedTo } = decision;
  try {
    const outcome = await gradings.saveDecision(decision);
    return { item: itemOf(submissionId, outcome.current, null), outcome };
  } catch (error) {
    const code = codeOf(error);
    const [now] = await decisionBatches.listTargets(assessmentId, questionId, [submissionId]);
    const isThere = restores ? now?.current?.gradingId === revertedTo : now?.batchId === batchId;
    const isDone = code === 'DECISION_CONFLICT' && isThere;
    return notWritten(submissionId, now?.current ?? null, isDone ? null : code);
  }
}

/** A sheet that is left as it is: with a code, or because it has been done already. */
export function notWritten(submissionId: string, current: CurrentResult | null, code: string | null): Spread {
  return { item: itemOf(submissionId, current, code), outcome: null };
}

function itemOf(submissionId: string, current: CurrentResult | null, code: string | null): SpreadItem {
  return { submissionId, ok: code === null, code, gradingId: current?.gradingId ?? null, score: current?.result.score ?? null };
}

/** The code of what is about one sheet alone; anything else, as a silent Postgres, ends the request. */
function codeOf(error: unknown): string {
  if (error instanceof AppError && error.status < 500) return error.code;
  throw error;
}

/** The same for the same person asking for the same, in whatever order the sheets are named. */
function hashOf(batch: { assessmentId: string; questionId: string; by: string }, body: SpreadBody): string {
  const { submissionIds, basedOn = {}, criteria, points, adjustment, feedback } = body;
  const asked = [submissionIds.toSorted(), Object.entries(basedOn).toSorted(), criteria, points, adjustment, feedback];
  return createHash('sha256')
    .update(JSON.stringify([batch.assessmentId, batch.questionId, batch.by, ...asked.map((part) => part ?? null)]))
    .digest('hex');
}

import type { Actor, Assessment, BatchDecision, BatchTarget, Database } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import { resultToday } from './earlier-result.ts';
import type { SheetGate } from './sheet-gate.ts';
import { notWritten, type Spread, writeOne } from './spread.service.ts';

export interface UndoService {
  /**
   * Lets count again, sheet by sheet, what counted before a decision was spread: an earlier person's decision as theirs, or the machine's result of today. Sheets that somebody
   * has decided since stay as they are. Repeated, it undoes what could not be undone before. Throws NotFoundError BATCH_NOT_FOUND.
   */
  undo(actor: Actor, assessment: Assessment, undoId: string): Promise<Spread[]>;
}

export function createUndoService({ database, gate }: { database: Database; gate: SheetGate }): UndoService {
  const { gradings, decisionBatches } = database;
  return {
    undo: async (actor, assessment, undoId) => {
      const batch = await decisionBatches.find(undoId);
      if (batch?.assessmentId !== assessment.id)
        throw new NotFoundError({ code: 'BATCH_NOT_FOUND', detail: 'The assessment has no such decision over many sheets.' });
      await decisionBatches.markUndone(undoId);
      const [decisions, version] = await Promise.all([
        decisionBatches.listDecisions(undoId),
        database.assessments.findQuestions(assessment.id),
      ]);
      const question = version?.questions.find(({ id }) => id === batch.questionId);
      const ids = decisions.map(({ submissionId }) => submissionId);
      const targets = await decisionBatches.listTargets(assessment.id, batch.questionId, ids);
      const found = new Map(targets.map((target) => [target.submissionId, target]));
      const undoOne = async (told: Database, decision: BatchDecision): Promise<Spread> => {
        const { submissionId } = decision;
        const current = found.get(submissionId)?.current ?? null;
        const code = refusal(found.get(submissionId), decision);
        if (!current || code !== null || decision.isUndone) return notWritten(submissionId, current, code);
        const before = decision.previousId === null ? null : await gradings.find(decision.previousId);
        const isPersons = before !== null && before.grader === 'human';
        const earlier = isPersons || current.machineGradingId === null ? before : await gradings.find(current.machineGradingId);
        const result = earlier && resultToday(earlier, current, { question, reviewBelow: assessment.reviewBelow });
        if (!earlier || !result) return notWritten(submissionId, current, 'DECISION_CONFLICT');
        return writeOne(told, batch, {
          ...{ id: uuidv7(), submissionId, by: actor.userId, rubricVersion: earlier.rubricVersion, result },
          ...{ basedOn: decision.gradingId, revertedTo: earlier.id, restores: true, batchId: undoId },
        });
      };
      return database.together((told) => gate(decisions, (decision) => undoOne(told, decision)));
    },
  };
}

/** Why a sheet stays as it is; null when its decision is taken back, or has been. */
function refusal(target: BatchTarget | undefined, { gradingId, isUndone }: BatchDecision): string | null {
  if (!target?.current) return 'SUBMISSION_NOT_FOUND';
  return isUndone || target.current.gradingId === gradingId ? null : 'DECISION_CONFLICT';
}

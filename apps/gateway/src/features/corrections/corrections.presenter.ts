import type { AnswerReading, CorrectionView } from '@gradeflow/contracts';
import type { AnswerCorrection, CurrentResult } from '@gradeflow/database';
import type { z } from 'zod';

/** An answer's readings; `corrections` newest first. */
export function presentReading(current: CurrentResult, corrections: AnswerCorrection[]): z.infer<typeof AnswerReading> {
  const text = current.result.answerText;
  return {
    questionId: current.questionId,
    gradingId: current.machineGradingId,
    text,
    machineText: corrections.at(-1)?.before ?? text,
    corrections: corrections.map(presentCorrection),
  };
}

function presentCorrection({ id, by, createdAt, change, before, after }: AnswerCorrection): CorrectionView {
  return { id, by, createdAt: createdAt.toISOString(), change, before, after };
}

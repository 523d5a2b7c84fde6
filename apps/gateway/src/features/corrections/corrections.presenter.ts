import type { AnswerReading, CorrectionView } from '@gradeflow/contracts';
import type { AnswerCorrection, CurrentResult } from '@gradeflow/database';
import type { z } from 'zod';
import type { NameScreen } from '../../access/name-screen.ts';

/** An answer's readings; `corrections` newest first. `screen` while names are hidden. */
export function presentReading(
  current: CurrentResult,
  corrections: AnswerCorrection[],
  screen: NameScreen | null,
): z.infer<typeof AnswerReading> {
  const seen = screen ? corrections.map((correction) => withoutNames(correction, screen)) : corrections;
  const text = screen ? screen.text(current.result.answerText) : current.result.answerText;
  return {
    questionId: current.questionId,
    gradingId: current.machineGradingId,
    text,
    machineText: seen.at(-1)?.before ?? text,
    corrections: seen.map(presentCorrection),
  };
}

function withoutNames(correction: AnswerCorrection, screen: NameScreen): AnswerCorrection {
  const after = correction.after === null ? null : screen.text(correction.after);
  return { ...correction, change: screen.change(correction.change), before: screen.text(correction.before), after };
}

function presentCorrection({ id, by, createdAt, change, before, after }: AnswerCorrection): CorrectionView {
  return { id, by, createdAt: createdAt.toISOString(), change, before, after };
}

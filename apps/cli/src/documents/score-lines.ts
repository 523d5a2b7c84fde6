import { describeError } from '@gradeflow/errors';
import type { Grader, QuestionGrade, ScoreLine } from '@gradeflow/grading';
import type { JsonLine } from './json-lines.ts';
import { mapInOrder } from './map-in-order.ts';

export type ScoredOrFault = { line: number; input: ScoreLine; grade: QuestionGrade } | { line: number; fault: string };

/** Grades lines in their order, a few at once (a model answers slowly); a wrong line becomes a fault and the rest goes on. */
export async function* scoreLines(lines: AsyncIterable<JsonLine>, grader: Grader, reviewBelow: number): AsyncGenerator<ScoredOrFault> {
  const { parseScoreLine } = await import('@gradeflow/grading');
  const scoreOne = async (line: JsonLine): Promise<ScoredOrFault> => {
    if ('fault' in line) return line;
    try {
      const input = parseScoreLine(line.value);
      const grade = await grader.grade({ question: input.question, answer: input.answer, reviewBelow });
      return { line: line.line, input, grade };
    } catch (error) {
      return { line: line.line, fault: describeError(error).detail };
    }
  };
  yield* mapInOrder(lines, 8, scoreOne);
}

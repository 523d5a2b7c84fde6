import type { Question, QuestionInput } from '@gradeflow/contracts';
import { uuidv7 } from 'uuidv7';

/**
 * Gives each question of a new list its lasting id: an id that the assessment knows stays, else the number finds the question that it replaces,
 * else it is new, with an id of ours. No two questions take the same earlier one.
 */
export function matchQuestions(before: readonly Question[], list: readonly QuestionInput[]): Question[] {
  const known = new Set(before.map((question) => question.id));
  const taken = new Set(list.flatMap((question) => (question.id !== undefined && known.has(question.id) ? [question.id] : [])));
  return list.map((question) => {
    if (question.id !== undefined && known.has(question.id)) return { ...question, id: question.id };
    const sameNumber = before.find((earlier) => earlier.number === question.number && !taken.has(earlier.id));
    const id = sameNumber?.id ?? uuidv7();
    taken.add(id);
    return { ...question, id };
  });
}

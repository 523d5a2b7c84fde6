import { type ConfirmedProposal, type Question, QuestionInput } from '@gradeflow/contracts';
import { matchQuestions } from '../assessments/match-questions.ts';

/**
 * The assessment's questions once this list of a paper is confirmed: the whole list, in its order. A number that the assessment has keeps its question: id,
 * type, language and model answers, and while its marks are the same also rubric and exemplars, which are worth nothing under other marks. A new number is
 * a FREE_TEXT question without a key: its answers go to a person until somebody writes one. Questions that are not in the list are not in the next version.
 */
export function mergeProposals(before: readonly Question[], proposals: readonly ConfirmedProposal[]): Question[] {
  const known = new Map(before.map((question) => [question.number, question]));
  const next = proposals.map(({ number, prompt, maxScore }) => {
    const earlier = known.get(number);
    if (!earlier) return QuestionInput.parse({ number, prompt, maxScore });
    const key = earlier.maxScore === maxScore ? {} : { rubric: null, exemplars: [] };
    return { ...earlier, ...key, prompt, maxScore };
  });
  return matchQuestions(before, next);
}

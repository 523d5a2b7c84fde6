import { type Question, QuestionInput } from '@gradeflow/contracts';

const questionId = '0197a000-0000-7000-8000-000000000001';

/** A question with its defaults filled in and its key checked, as the server stores it. */
export function makeQuestion(fields: Record<string, unknown>): Question {
  return { ...QuestionInput.parse({ number: '1', maxScore: 1, ...fields }), id: questionId };
}

/** A question with one criterion of one point decided by `match`. */
export function questionWith(match: Record<string, unknown>, details: Record<string, unknown> = {}): Question {
  const { partial = 'none', ...fields } = details;
  return makeQuestion({
    rubric: { step: 0.01, criteria: [{ id: 'c1', description: 'It is right.', points: 1, partial, match }] },
    ...fields,
  });
}

/** Two criteria on photosynthesis, one point each. */
export const photosynthesis = makeQuestion({
  prompt: 'What does photosynthesis need and make?',
  maxScore: 2,
  modelAnswers: [{ text: 'Plants need light and carbon dioxide and make glucose and oxygen.' }],
  rubric: {
    criteria: [
      {
        id: 'needs',
        description: 'names light and carbon dioxide',
        points: 1,
        partial: 'proportional',
        match: { type: 'keywords', groups: [{ anyOf: ['light', 'sunlight'] }, { anyOf: ['carbon dioxide', 'CO2'] }] },
      },
      { id: 'makes', description: 'names glucose', points: 1, match: { type: 'keywords', groups: [{ anyOf: ['glucose', 'sugar'] }] } },
    ],
  },
});

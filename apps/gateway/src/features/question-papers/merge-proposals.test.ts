import { Question } from '@gradeflow/contracts';
import { expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { mergeProposals } from './merge-proposals.ts';

const criterion = { id: 'c1', description: 'names it', points: 2, match: { type: 'manual' } };
const known = (number: string, maxScore: number): Question =>
  Question.parse({
    ...{ id: uuidv7(), number, prompt: 'before', maxScore, type: 'NUMERIC', modelAnswers: [{ text: 'four' }] },
    ...{ rubric: { criteria: [criterion] }, exemplars: [{ answer: '4', score: 2 }] },
  });

it('keeps the key of a question whose marks stay, without one whose marks change, and adds questions without a key', () => {
  const [one, two, three] = [known('1', 2), known('2', 2), known('3', 2)];
  const merged = mergeProposals(
    [one, two, three],
    [
      { number: '2', prompt: 'as printed', maxScore: 2 },
      { number: '1', prompt: 'worth more', maxScore: 5 },
      { number: '4(a)', prompt: 'new', maxScore: 1 },
    ],
  );
  expect(merged.slice(0, 2)).toEqual([
    { ...two, prompt: 'as printed' },
    { ...one, prompt: 'worth more', maxScore: 5, rubric: null, exemplars: [] },
  ]);
  expect(merged[2]).toMatchObject({ number: '4(a)', type: 'FREE_TEXT', maxScore: 1, rubric: null, modelAnswers: [] });
  expect([one.id, two.id, three.id]).not.toContain(merged[2]?.id);
  expect(merged).toHaveLength(3);
});

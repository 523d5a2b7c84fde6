import type { Question, QuestionResult } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import { createOfflineGrader } from '../offline-grader.ts';
import { makeQuestion } from '../testing/questions.ts';
import type { GradeRequest, Grader } from '../types.ts';
import { planRegrade } from './plan-regrade.ts';
import { previewResult } from './preview-result.ts';
import { type EarlierGrade, regradeQuestion } from './regrade-question.ts';

const offline = createOfflineGrader();
const says = (id: string, word: string, points: number, more: object = {}) => ({
  ...{ id, description: `says ${word}`, points, match: { type: 'keywords', groups: [{ anyOf: [word] }] } },
  ...more,
});
const physics = (rubric: object, fields: object = {}) => makeQuestion({ maxScore: 4, ...fields, rubric: { step: 0.5, ...rubric } });
const before = physics({ criteria: [says('a', 'gravity', 2), says('b', 'mass', 1), says('c', 'earth', 1)] });
const negative = physics({ scoring: 'negative', criteria: [says('a', 'gravity', -2), says('b', 'mass', -1), says('c', 'earth', -1)] });
const answers = [
  'gravity pulls the mass to the earth',
  'the mass and the gravity',
  'only the earth',
  'nothing of that kind',
  'Earth, mass.',
];

async function gradedBy(grader: Grader, question: Question, answer: string): Promise<EarlierGrade> {
  const grade = await grader.grade({ question, answer, reviewBelow: 0.8 });
  const { score, maxScore, confidence, needsReview, feedback, reviewReasons } = grade;
  const criteria = grade.criteria.map(({ criterionId, decision, points, fraction, evidence }) => ({
    ...{ criterionId, decision, points, fraction },
    evidence: evidence.map(({ quote }) => ({ page: 1, box: [0, 0, 1, 1] as [number, number, number, number], text: quote })),
  }));
  const { id: questionId, number } = question;
  const result: QuestionResult = {
    ...{ questionId, number, score, maxScore, confidence, needsReview, feedback, reviewReasons, criteria },
    ...{ answerText: answer, regions: [] },
  };
  return { question, result, grader: grader.kind };
}

/** The built-in grader in a model's place; keeps what it was asked. */
function countingModel(): Grader & { asked: GradeRequest[] } {
  const asked: GradeRequest[] = [];
  return {
    kind: 'openai',
    asked,
    grade: async (request) => {
      asked.push(request);
      return { ...(await offline.grade(request)), grader: 'openai' };
    },
  };
}
const again = (grader: Grader, earlier: EarlierGrade, question: Question, answer = earlier.result.answerText) =>
  regradeQuestion({ request: { question, answer, reviewBelow: 0.8 }, earlier, grader, place: () => [] });

describe('planRegrade', () => {
  const edited = (rubric: object, fields: object = {}) => physics({ criteria: before.rubric?.criteria, ...rubric }, fields);
  it.each([
    ['nothing changed', edited({}), { kind: 'same' }],
    ['another number', edited({}, { number: '7' }), { kind: 'same' }],
    ['another step', edited({ step: 1 }), { kind: 'recompute' }],
    ['points', physics({ criteria: [says('a', 'gravity', 1), says('b', 'mass', 2), says('c', 'earth', 1)] }), { kind: 'recompute' }],
    ['a criterion gone', physics({ criteria: [says('a', 'gravity', 2), says('b', 'mass', 2)] }), { kind: 'recompute' }],
    [
      'requires, excludes, groups',
      physics({
        criteria: [
          says('a', 'gravity', 2, { excludes: ['c'] }),
          says('b', 'mass', 2, { group: 'g' }),
          says('c', 'earth', 1, { requires: ['b'] }),
        ],
        groups: [{ id: 'g', rule: 'max' }],
      }),
      { kind: 'recompute' },
    ],
    [
      'one phrase',
      physics({ criteria: [says('a', 'gravitation', 2), says('b', 'mass', 1), says('c', 'earth', 1)] }),
      { kind: 'criteria', ids: ['a'] },
    ],
    [
      'a new criterion',
      edited({ criteria: [...(before.rubric?.criteria ?? []), says('d', 'apple', 1)] }),
      { kind: 'criteria', ids: ['d'] },
    ],
    ['the prompt', edited({}, { prompt: 'Why?' }), { kind: 'all' }],
    [
      'negative scoring',
      edited({ scoring: 'negative', criteria: [says('a', 'gravity', -2), says('b', 'mass', -1), says('c', 'earth', -1)] }),
      { kind: 'all' },
    ],
    ['an exemplar', edited({}, { exemplars: [{ answer: 'gravity', score: 2 }] }), { kind: 'all' }],
    ['all criteria', physics({ criteria: [says('a', 'weight', 4)] }), { kind: 'all' }],
  ])('%s', (_what, after, plan) => expect(planRegrade(before, after as Question)).toEqual(plan));

  it('takes a question without criteria as one decision', () => {
    const plain = makeQuestion({ maxScore: 2, modelAnswers: [{ text: 'gravity' }] });
    expect(planRegrade(plain, { ...plain, maxScore: 3 })).toEqual({ kind: 'all' });
    expect(planRegrade(plain, { ...plain, number: '2' })).toEqual({ kind: 'same' });
  });
});

describe('an edit of the arithmetic alone', () => {
  const edits = [
    physics({ criteria: [says('a', 'gravity', 1), says('b', 'mass', 2), says('c', 'earth', 1)] }),
    physics({ criteria: [says('a', 'gravity', 4, { excludes: ['c'] }), says('b', 'mass', 1, { requires: ['a'] }), says('c', 'earth', 1)] }),
    physics({
      criteria: [says('a', 'gravity', 2, { group: 'g' }), says('b', 'mass', 2, { group: 'g' }), says('c', 'earth', 2)],
      groups: [{ id: 'g', rule: 'max' }],
    }),
    physics({ floor: 1, step: 1, criteria: [says('a', 'gravity', 1.6), says('b', 'mass', 1.4), says('c', 'earth', 1)] }),
  ];

  it('gives what grading afresh would give, and asks nobody', async () => {
    const cheaper = { ...negative, rubric: physics({ ...negative.rubric, step: 1, floor: 0.5 }).rubric };
    for (const [from, after] of [...edits.map((edit) => [before, edit] as const), [negative, cheaper] as const]) {
      for (const answer of [...answers, '', ' . ']) {
        const model = countingModel();
        const kept = await again(model, { ...(await gradedBy(offline, from, answer)), grader: 'openai' }, after);
        const afresh = await offline.grade({ question: after, answer, reviewBelow: 0.8 });
        const marks = {
          score: answer.trim() === '' ? 0 : afresh.score,
          criteria: afresh.criteria.map(({ criterionId, points }) => ({ criterionId, points })),
        };
        expect({ score: kept?.score, criteria: kept?.criteria.map(({ criterionId, points }) => ({ criterionId, points })) }).toEqual(marks);
        expect(model.asked).toEqual([]);
      }
    }
  });

  it('keeps evidence, confidence and reasons, and takes partial marks of older gradings from their points', async () => {
    const earlier = await gradedBy(offline, before, answers[0] ?? '');
    const [a, ...rest] = earlier.result.criteria;
    if (!a) throw new Error('no criterion');
    const { fraction: _, ...older } = a;
    const result = { ...earlier.result, criteria: [{ ...older, decision: 'PARTIAL' as const, points: 0.5 }, ...rest] };
    const after = physics({ criteria: [says('a', 'gravity', 8), says('b', 'mass', 1), says('c', 'earth', 1)] }, { maxScore: 10 });
    const kept = await again(offline, { ...earlier, result }, after);
    expect(kept).toMatchObject({ score: 4, maxScore: 10, confidence: earlier.result.confidence });
    expect(kept?.criteria[0]).toEqual({ ...older, decision: 'PARTIAL', fraction: 0.25, points: 2 });
  });
});

describe('an edit of criteria', () => {
  const after = physics({
    criteria: [
      says('a', 'gravity', 1),
      says('b', 'masses', 2, { match: { type: 'keywords', groups: [{ anyOf: ['pulls'] }] } }),
      says('c', 'earth', 1),
    ],
  });

  it('asks the model for the changed ones alone and keeps the others as they were decided', async () => {
    const model = countingModel();
    const earlier = { ...(await gradedBy(offline, before, 'the gravity pulls')), grader: 'openai' as const };
    const overruled = earlier.result.criteria.map((criterion) =>
      criterion.criterionId === 'c' ? { ...criterion, decision: 'MET' as const, fraction: 1 } : criterion,
    );
    const kept = await again(model, { ...earlier, result: { ...earlier.result, criteria: overruled } }, after);
    expect(model.asked.map(({ question }) => question.rubric?.criteria.map(({ id }) => id))).toEqual([['b']]);
    expect(kept?.criteria.map(({ criterionId, decision, points }) => [criterionId, decision, points])).toEqual([
      ['a', 'MET', 1],
      ['b', 'MET', 2],
      ['c', 'MET', 1],
    ]);
    expect(kept?.criteria[0]?.evidence).toEqual(earlier.result.criteria[0]?.evidence);
    const lines = kept?.feedback.split('\n').map((line) => line.split(':')[0]);
    expect(lines).toEqual(['says gravity', 'says earth', 'says masses']);
  });

  it('keeps nothing of another answer, another kind of grader or a model that failed', async () => {
    const earlier = { ...(await gradedBy(offline, before, 'the gravity pulls')), grader: 'openai' as const };
    expect(await again(countingModel(), earlier, after, 'the gravity pushes')).toBeNull();
    expect(await again(offline, earlier, after)).toBeNull();
    const failed = { ...earlier, result: { ...earlier.result, reviewReasons: ['MODEL_FAILED' as const] } };
    expect(await again(countingModel(), failed, before)).toBeNull();
  });

  it('says why no model decided what changed', async () => {
    const earlier = { ...(await gradedBy(offline, before, 'the gravity pulls')), grader: 'openai' as const };
    const poor: Grader = {
      kind: 'openai',
      grade: async (request) => ({ ...(await offline.grade(request)), reviewReasons: ['MODEL_FAILED'], modelFault: 'budget-reached' }),
    };
    expect(await again(poor, earlier, after)).toMatchObject({ needsReview: true, modelFault: 'budget-reached' });
  });

  it('is previewed as it will be graded by the built-in grader, and as an estimate after a model', async () => {
    for (const answer of answers) {
      const earlier = await gradedBy(offline, before, answer);
      const { score } = await offline.grade({ question: after, answer, reviewBelow: 0.8 });
      expect(await previewResult(after, earlier, 0.8)).toEqual({ score, isEstimated: false });
      expect(await previewResult(after, { ...earlier, grader: 'openai' }, 0.8)).toEqual({ score, isEstimated: true });
    }
  });
});

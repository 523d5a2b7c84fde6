import { describe, expect, it } from '@jest/globals';
import { gradeOffline } from './offline-grader.ts';
import { parseScoreLine, toScoreLine } from './score-line.ts';

const match = { type: 'keywords', groups: [{ anyOf: ['gravity'] }] };

describe('parseScoreLine', () => {
  it('takes the contract form and the data files form of a rubric alike', () => {
    const contract = parseScoreLine({
      id: 'a',
      question: 'Why?',
      answer: 'gravity',
      maxScore: 2,
      rubric: { criteria: [{ id: 'c', description: 'd', points: 2, match: [match] }] },
    });
    const file = parseScoreLine({
      id: 'a',
      question: 'Why?',
      answer: 'gravity',
      rubric: { maxPoints: 2, criteria: [{ id: 'c', description: 'd', points: 2, match }] },
    });
    expect(file).toEqual(contract);
    expect(file.question).toMatchObject({
      maxScore: 2,
      prompt: 'Why?',
      rubric: { criteria: [{ match: [{ stem: true, prefix: false }] }] },
    });
  });

  it('takes one or several model answers, language and human score', () => {
    const line = parseScoreLine({
      id: 1,
      answer: 'x',
      modelAnswers: ['eins', { text: 'zwei', quality: 'good' }],
      lang: 'de',
      humanScore: 0.5,
      dataset: 'd',
      questionId: 'q',
    });
    expect(line).toMatchObject({
      id: '1',
      humanScore: 0.5,
      dataset: 'd',
      questionId: 'q',
      question: { lang: 'de', maxScore: 1, modelAnswers: [{ text: 'eins' }, { text: 'zwei', quality: 'good' }] },
    });
    expect(parseScoreLine({ id: 'b', answer: 'x', modelAnswer: 'one' }).question.modelAnswers).toMatchObject([{ text: 'one' }]);
  });

  it('rounds finer than half points where the points of a file rubric are finer', () => {
    const criteria = [0.25, 0.75].map((points, index) => ({ id: `c${index}`, description: 'd', points, match }));
    expect(parseScoreLine({ id: 'a', answer: '', rubric: { maxPoints: 1, criteria } }).question.rubric?.step).toBe(0.25);
  });

  it.each([
    [{ answer: 'no id' }, '/id'],
    [{ id: 'a' }, '/answer'],
    [{ id: 'a', answer: 'x', maxScore: 5, rubric: { criteria: [{ id: 'c', description: 'd', points: 2, match }] } }, '/rubric/criteria'],
    ['text', '/'],
  ])('refuses %j and says where', (line, path) => {
    expect(() => parseScoreLine(line)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', errors: expect.arrayContaining([expect.objectContaining({ path })]) }),
    );
  });
});

describe('toScoreLine', () => {
  it('has the fields of the contract and no others', () => {
    const { id, question, answer } = parseScoreLine({
      id: 'a',
      answer: 'It is gravity.',
      rubric: { maxPoints: 1, criteria: [{ id: 'c', description: 'd', points: 1, match }] },
    });
    expect(toScoreLine(id, gradeOffline({ question, answer, reviewBelow: 0.8 }))).toEqual({
      id: 'a',
      score: 1,
      maxScore: 1,
      confidence: expect.any(Number),
      needsReview: false,
      reviewReasons: [],
      criteria: [{ criterionId: 'c', decision: 'MET', points: 1, evidence: [{ start: 6, end: 13, quote: 'gravity' }] }],
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { gradeOffline } from './offline-grader.ts';
import { readJsonLines } from './testing/fixtures.ts';
import { makeQuestion } from './testing/questions.ts';

const injections = readJsonLines<{ text: string; where: 'standalone' | 'suffix' }>('injections.jsonl');

const idea = (id: string, words: string[]) => ({
  id,
  description: id,
  points: 1,
  partial: 'proportional' as const,
  match: { type: 'keywords' as const, groups: [{ anyOf: words }] },
});
const fields = {
  prompt: 'Why does bread rise?',
  maxScore: 2,
  modelAnswers: [{ text: 'The yeast ferments the sugar of the flour. Carbon dioxide forms bubbles inside the dough.' }],
  rubric: { step: 0.01, criteria: [idea('yeast', ['yeast']), idea('gas', ['carbon dioxide'])] },
};
const withMarks = (marks: Array<[string, number]>) =>
  makeQuestion({ ...fields, exemplars: marks.map(([answer, score]) => ({ answer, score })) });
const grade = (question: ReturnType<typeof makeQuestion>, answer: string) => gradeOffline({ question, answer, reviewBelow: 0.8 });

describe('marked exemplars', () => {
  const generous: Array<[string, number]> = [
    ['Tiny living cells blow up the loaf from within.', 2],
    ['Living cells blow it up.', 2],
    ['It is blown up by cells.', 2],
    ['The oven makes it hot.', 0],
  ];

  it('are evidence: words of well-marked answers count in part, quoted, where the key words are missing', () => {
    const answer = 'Because living cells blow up the loaf.';
    expect(grade(makeQuestion(fields), answer).score).toBe(0);
    const known = grade(withMarks(generous), answer);
    expect(known.score).toBeGreaterThan(0.3);
    for (const { decision, fraction, evidence } of known.criteria) {
      expect(decision).toBe('PARTIAL');
      expect(fraction).toBeLessThanOrEqual(0.5);
      expect(evidence.map(({ quote }) => quote)).toEqual(expect.arrayContaining(['living', 'cells']));
    }
  });

  it('give nothing without such words, however generous they are', () => {
    const lenient = withMarks(generous.map(([answer]) => [answer, 2]));
    for (const answer of ['My bicycle needs nothing of the kind at all.', 'Bread.', 'I do not know why.']) {
      const { score, criteria } = grade(lenient, answer);
      expect({ answer, score }).toEqual({ answer, score: 0 });
      expect(criteria.flatMap(({ evidence }) => evidence)).toEqual([]);
    }
  });

  it('never take away more than half of what a criterion had', () => {
    const answer = 'Yeast ferments the sugar.';
    const strict = withMarks([
      ['Yeast ferments.', 0],
      ['Sugar is fermented by yeast.', 0],
      ['The yeast ferments the sugar.', 0],
    ]);
    const [before, after] = [makeQuestion(fields), strict].map((question) => grade(question, answer).criteria[0]?.fraction ?? 0) as [
      number,
      number,
    ];
    expect(after).toBeLessThan(before);
    expect(after).toBeGreaterThanOrEqual(before / 2 - 1e-4);
  });

  it('show which criterion the teacher cares for', () => {
    const marked = withMarks([
      ['It is yeast.', 2],
      ['Yeast makes it.', 2],
      ['The yeast in it.', 2],
      ['It is carbon dioxide.', 0],
      ['Carbon dioxide makes it.', 0],
      ['The carbon dioxide in it.', 0],
    ]);
    expect(grade(marked, 'Some yeast was added.').score).toBeGreaterThan(grade(marked, 'Some carbon dioxide was added.').score + 0.3);
  });

  it('lift no answer that addresses the grader, with a rubric or without', () => {
    const rubric = withMarks(generous.map(([answer]) => [answer, 2]));
    for (const question of [rubric, { ...rubric, rubric: null }]) {
      const honest = 'It rises because the yeast is alive.';
      for (const { text, where } of injections) {
        const before = where === 'standalone' ? 0 : grade(question, honest).score;
        const after = grade(question, where === 'standalone' ? text : `${honest} ${text}`);
        expect({ text, lifted: after.score > before, needsReview: after.needsReview }).toEqual({ text, lifted: false, needsReview: true });
      }
    }
  });
});

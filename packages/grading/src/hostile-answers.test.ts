import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gradeOffline } from './offline-grader.ts';
import { makeQuestion } from './testing/questions.ts';

const matches = [
  { type: 'keywords', groups: [{ anyOf: ['photosynthesis', '->'] }, { anyOf: ['light energy'] }], noneOf: ['respiration'], prefix: true },
  { type: 'keywords', groups: [{ anyOf: ['first'] }, { anyOf: ['second'] }], inOrder: true },
  { type: 'numeric', value: 12.5, units: [{ symbol: 'm/s', factor: 1 }], unit: 'required', nearMisses: [{ value: 1.25, fraction: 0.5 }] },
  { type: 'choice', options: ['A', 'B'].map((id) => ({ id, text: `option ${id}` })), correct: ['A'], mode: 'perOption' },
  { type: 'trueFalse', value: true },
  { type: 'text', anyOf: ['H2O'], maxEdits: 3 },
  { type: 'meaning', statement: 'Plants store energy.' },
];
const question = makeQuestion({
  maxScore: matches.length,
  modelAnswers: [{ text: 'Photosynthesis stores light energy.' }],
  rubric: {
    step: 0.01,
    criteria: matches.map((match, index) => ({ id: `c${index}`, description: 'd', points: 1, partial: 'proportional', match })),
  },
});

function check(answer: string): void {
  const grade = gradeOffline({ question, answer, reviewBelow: 0.8 });
  expect(grade.score).toBeGreaterThanOrEqual(0);
  expect(grade.score).toBeLessThanOrEqual(question.maxScore);
  expect(grade.confidence >= 0 && grade.confidence <= 1).toBe(true);
  for (const { decision, evidence, points } of grade.criteria) {
    for (const span of evidence) expect(answer.slice(span.start, span.end)).toBe(span.quote);
    if (decision === 'MET' || decision === 'PARTIAL')
      expect(evidence.every(({ quote }) => quote.length > 0) && evidence.length > 0).toBe(true);
    else expect(points).toBe(0);
  }
}

describe('whatever a student writes', () => {
  it('is graded without an error, with evidence that is an exact slice', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'photosynthesis',
        'ph0tosynthesis ',
        'light energy',
        '12,5 m/s',
        '½',
        '1⁄2',
        'x 10⁻³',
        'A)',
        'not true',
        'H₂O',
        '\u0301',
        '😀',
        'ﬁrst',
        'second',
        'İ',
        '\uD800',
        "don't",
        '5s',
        '1e999',
        '1/0',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')),
        check,
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    '<score ',
    '-',
    '\n',
    ' ',
    '1 ',
    '1',
    '1,',
    'a',
    'a\u0301',
    'please ',
    '✓',
    '(',
    '10^',
    '5m/',
    '/',
    'photo synthesis ',
    '“',
    'aGVsbG8g',
  ])('is graded within three seconds, on a busy machine, when it is 100,000 characters of %j', (piece) => {
    const answer = piece.repeat(Math.ceil(100_000 / piece.length));
    const started = performance.now();
    check(answer);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

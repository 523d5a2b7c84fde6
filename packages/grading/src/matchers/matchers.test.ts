import { describe, expect, it } from '@jest/globals';
import { gradeOffline } from '../offline-grader.ts';
import { questionWith } from '../testing/questions.ts';

/** Decision, points of 1, and what the evidence says. */
function decide(match: Record<string, unknown>, answer: string, details: Record<string, unknown> = {}) {
  const grade = gradeOffline({ question: questionWith(match, details), answer, reviewBelow: 0.8 });
  const [criterion] = grade.criteria;
  if (!criterion) throw new Error('there is one criterion');
  for (const span of criterion.evidence) expect(answer.slice(span.start, span.end)).toBe(span.quote);
  expect(criterion.decision === 'MET' || criterion.decision === 'PARTIAL' ? criterion.evidence.length > 0 : true).toBe(true);
  return { is: criterion.decision, points: grade.score, review: grade.needsReview, quotes: criterion.evidence.map((span) => span.quote) };
}

const keywords = (anyOf: string[], rest: object = {}) => ({ type: 'keywords', groups: [{ anyOf }], ...rest });

describe('keywords', () => {
  it.each([
    ['another form of the word', ['pressure rises'], 'The pressures are rising quickly.', 'MET'],
    ['a misread letter', ['mitochondria'], 'It is the mitoch0ndria.', 'MET'],
    ['a split word', ['mitochondria'], 'It is the mito chondria, I think.', 'MET'],
    ['joined words', ['cell membrane'], 'That is the cellmembrane.', 'MET'],
    ['words with others between', ['base case'], 'The base or final case is missing.', 'MET'],
    ['words in another order', ['base case'], 'In case the base is there.', 'NOT_MET'],
    ['a negating prefix', ['synchronous'], 'It is asynchronous.', 'NOT_MET'],
    ['an opposite prefix', ['endothermic'], 'It is exothermic.', 'NOT_MET'],
    ['another number', ['1945'], 'It was in 1946.', 'NOT_MET'],
    ['a short word with another first letter', ['make'], 'They bake it.', 'NOT_MET'],
    ['a longer word beginning like it, without prefix', ['cat'], 'A category.', 'NOT_MET'],
    ['signs only', ['=>'], 'write a => b', 'MET'],
  ])('%s', (_, anyOf, answer, expected) => {
    expect(decide(keywords(anyOf), answer).is).toBe(expected);
  });

  it('finds prefixes only when asked to, and exact words only when stem and fuzzy are off', () => {
    expect(decide(keywords(['photosyn']), 'It is photosynthesis.').is).toBe('NOT_MET');
    expect(decide(keywords(['photosyn'], { prefix: true }), 'It is photosynthesis.')).toMatchObject({
      is: 'MET',
      quotes: ['photosynthesis'],
    });
    expect(decide(keywords(['rises'], { stem: false, fuzzy: false }), 'It is rising.').is).toBe('NOT_MET');
  });

  it('is NOT_MET when a noneOf phrase stands in the answer', () => {
    const match = keywords(['heavier'], { noneOf: ['falls faster'] });
    expect(decide(match, 'It is heavier.').is).toBe('MET');
    expect(decide(match, 'It is heavier and falls faster.')).toMatchObject({ is: 'NOT_MET', points: 0, quotes: [] });
  });

  const groups = [{ anyOf: ['fetch'] }, { anyOf: ['decode'] }, { anyOf: ['execute'] }];
  it('counts groups: all, minGroups, a share when partial', () => {
    const match = { type: 'keywords', groups };
    expect(decide(match, 'First fetch, then decode.').is).toBe('NOT_MET');
    expect(decide({ ...match, minGroups: 2 }, 'First fetch, then decode.').is).toBe('MET');
    expect(decide(match, 'First fetch, then decode.', { partial: 'proportional' })).toMatchObject({ is: 'PARTIAL', points: 0.67 });
  });

  it('wants the groups one after another when inOrder, and gives the longest right chain otherwise', () => {
    const match = { type: 'keywords', groups, inOrder: true };
    expect(decide(match, 'fetch it, decode it and execute it').is).toBe('MET');
    expect(decide(match, 'execute it, fetch it, then decode it').is).toBe('NOT_MET');
    expect(decide(match, 'execute it, fetch it, then decode it', { partial: 'proportional' })).toMatchObject({
      is: 'PARTIAL',
      quotes: ['fetch', 'decode'],
    });
  });
});

describe('numeric', () => {
  const speed = {
    type: 'numeric',
    value: 340,
    tolerance: { abs: 5 },
    units: [
      { symbol: 'm/s', factor: 1 },
      { symbol: 'km/h', factor: 1 / 3.6 },
    ],
    unit: 'required',
  };
  it.each([
    ['v = 340 m/s', 1, 'MET', false],
    ['343 metres per second', 1, 'MET', false],
    ['340 m s^-1', 1, 'MET', false],
    ['1224 km/h', 1, 'MET', false],
    ['34O m/s', 1, 'MET', false],
    ['340', 0.5, 'PARTIAL', false],
    ['340 km', 0.5, 'PARTIAL', false],
    ['300 m/s', 0, 'NOT_MET', false],
    ['-340 m/s', 0, 'NOT_MET', false],
    ['d/t = 680 m / 2 s = 340 m/s', 1, 'MET', false],
    ['it is 340 m/s, so v = 300 m/s', 0, 'UNCLEAR', true],
    ['340 m/s or 300 m/s', 0, 'UNCLEAR', true],
    ['fast', 0, 'NOT_MET', true],
  ])('reads %j as %d of 1: %s', (answer, points, is, review) => {
    expect(decide(speed, answer)).toMatchObject({ points, is, review });
  });

  it.each([
    [0.25, '1/4'],
    [0.25, '¼'],
    [0.25, 'a quarter'],
    [2.5, '2 1/2'],
    [2.5, '2½'],
    [1_224_000, '1,224,000'],
    [1_224_000, '1 224 000'],
    [-3, 'x = −3'],
    [1.6e-19, '1.6 x 10^-19'],
    [1.6e-19, '1,6·10⁻¹⁹'],
    [1.6e-19, '1.6E-19'],
    [1000, '10^3'],
    [206, 'two hundred and six'],
  ])('%d is written %j', (value, answer) => {
    expect(decide({ type: 'numeric', value }, answer).is).toBe('MET');
  });

  it('takes a comma either way, but sends the unlikely way to review', () => {
    expect(decide({ type: 'numeric', value: 1234 }, '1,234')).toMatchObject({ is: 'MET', review: false });
    expect(decide({ type: 'numeric', value: 1.234 }, '1,234')).toMatchObject({ is: 'MET', review: true });
    expect(decide({ type: 'numeric', value: 1.234 }, '1,234', { lang: 'de' })).toMatchObject({ is: 'MET', review: false });
  });

  it('does not read a unit as digits, nor milli as mega', () => {
    expect(decide({ type: 'numeric', value: 5, units: [{ symbol: 's', factor: 1 }] }, '5s').is).toBe('MET');
    const power = { type: 'numeric', value: 3, units: [{ symbol: 'MW', factor: 1 }], unit: 'required', unitPenalty: 1 };
    expect(decide(power, '3 mW').is).toBe('NOT_MET');
  });

  it('gives near misses their fraction, and percent its two readings', () => {
    const match = { type: 'numeric', value: 9.81, nearMisses: [{ value: -9.81, fraction: 0.5, note: 'sign' }] };
    expect(decide(match, '-9.81')).toMatchObject({ is: 'PARTIAL', points: 0.5 });
    expect(decide({ type: 'numeric', value: 25, units: [{ symbol: '%', factor: 1 }], unit: 'required' }, '25 %')).toMatchObject({
      is: 'MET',
      points: 1,
    });
    expect(decide({ type: 'numeric', value: 0.25 }, '25%').is).toBe('MET');
  });
});

describe('choice', () => {
  const options = ['A', 'B', 'C', 'D'].map((id) => ({ id, text: { A: 'mercury', B: 'venus', C: 'earth', D: 'mars' }[id] }));
  const one = { type: 'choice', options, correct: ['C'] };
  const two = { type: 'choice', options, correct: ['B', 'D'], mode: 'perOption', wrongPenalty: 0.5 };
  it.each([
    ['C', 'MET'],
    ['c.', 'MET'],
    ['(C)', 'MET'],
    ['The answer is C', 'MET'],
    ['C) earth', 'MET'],
    ['earth', 'MET'],
    ['B', 'NOT_MET'],
    ['A, C', 'NOT_MET'],
    ['G', 'UNCLEAR'],
    ['C or D', 'UNCLEAR'],
    ['not C', 'UNCLEAR'],
    ['C mars', 'UNCLEAR'],
    ['E', 'UNCLEAR'],
    ['a planet', 'UNCLEAR'],
  ])('%j is %s', (answer, expected) => {
    const decided = decide(one, answer);
    expect(decided.is).toBe(expected);
    if (expected === 'UNCLEAR') expect(decided).toMatchObject({ points: 0, review: true });
  });

  it.each([
    ['B, D', 1],
    ['BD', 1],
    ['D', 0.5],
    ['B and A', 0.25],
    ['A', 0],
  ])('gives %j %d of 1 per option', (answer, points) => {
    expect(decide(two, answer).points).toBe(points);
  });

  it('sends more picks than right options to review', () => {
    expect(decide({ ...two, wrongPenalty: 0 }, 'A, B, C, D').review).toBe(true);
  });
});

describe('trueFalse', () => {
  it.each([
    ['false', 'MET'],
    ['F', 'MET'],
    ['not true', 'MET'],
    ['Wrong, because the sun is a star.', 'MET'],
    ['true', 'NOT_MET'],
    ['True, the opposite would be false.', 'NOT_MET'],
    ['true false', 'UNCLEAR'],
    ['maybe', 'UNCLEAR'],
  ])('%j for a false statement is %s', (answer, expected) => {
    expect(decide({ type: 'trueFalse', value: false }, answer).is).toBe(expected);
  });
});

describe('text', () => {
  it.each([
    [{ anyOf: ['photosynthesis'], maxEdits: 2 }, 'It is photosyntesis.', 'MET'],
    [{ anyOf: ['photosynthesis'], maxEdits: 0 }, 'photosyntesis', 'NOT_MET'],
    [{ anyOf: ['H2SO4'], caseSensitive: true, maxEdits: 1 }, 'H₂SO₄', 'MET'],
    [{ anyOf: ['H2SO4'], caseSensitive: true, maxEdits: 1 }, 'H2SO3', 'NOT_MET'],
    [{ anyOf: ['H2SO4'], caseSensitive: true, maxEdits: 0 }, 'H2S04', 'UNCLEAR'],
    [{ anyOf: ['NaCl'], caseSensitive: true, maxEdits: 0 }, 'nacl', 'NOT_MET'],
    [{ anyOf: ['ab'], maxEdits: 1 }, 'ac', 'NOT_MET'],
    [{ anyOf: ['United Kingdom', 'UK'] }, 'the united kingdom', 'MET'],
  ])('%j in %j is %s', (match, answer, expected) => {
    expect(decide({ type: 'text', ...match }, answer).is).toBe(expected);
  });
});

describe('alternatives', () => {
  it('counts the best one, and keeps the doubt of one that could have given more', () => {
    const match = [
      { type: 'numeric', value: 4 },
      { type: 'keywords', groups: [{ anyOf: ['four apples'] }] },
    ];
    expect(decide(match as never, 'four apples').is).toBe('MET');
    const withMeaning = [
      { type: 'keywords', groups: [{ anyOf: ['friction'] }] },
      { type: 'meaning', statement: 'Rubbing slows it down.' },
    ];
    expect(decide(withMeaning as never, 'because of friction')).toMatchObject({ is: 'MET', review: false });
    expect(decide(withMeaning as never, 'it rubs on the floor')).toMatchObject({ is: 'UNCLEAR', review: true });
  });
});

import { describe, expect, it } from '@jest/globals';
import { QuestionInput, QuestionList, Rubric, reachablePoints } from './question.ts';

const keywords = (...words: string[]) => ({ type: 'keywords', groups: words.map((word) => ({ anyOf: [word] })) });
const criterion = (id: string, points: number, more: object = {}) => ({ id, description: id, points, match: keywords(id), ...more });
const question = (rubric: object, more: object = {}) => ({ number: '1', maxScore: 3, rubric, ...more });

const messages = (input: unknown) => QuestionInput.safeParse(input).error?.issues.map((issue) => issue.message) ?? [];

describe('a question', () => {
  it('fills in defaults and accepts one match object instead of a list', () => {
    const parsed = QuestionInput.parse(question({ criteria: [criterion('osmosis', 3)] }));
    expect(parsed).toMatchObject({ type: 'FREE_TEXT', lang: 'en', rubric: { scoring: 'positive', step: 0.5, floor: 0 } });
    expect(parsed.rubric?.criteria[0]?.match).toEqual([
      { type: 'keywords', groups: [{ anyOf: ['osmosis'] }], noneOf: [], inOrder: false, stem: true, prefix: false, fuzzy: true },
    ]);
  });

  it('is refused when its criteria cannot reach the maximum, and says how far they reach', () => {
    expect(messages(question({ criteria: [criterion('a', 1), criterion('b', 1)] }))).toEqual(['the criteria reach only 2 of 3 points']);
  });

  it('is refused when the ceiling keeps the maximum out of reach', () => {
    expect(messages(question({ ceiling: 2, criteria: [criterion('a', 3)] }))).toEqual(['the criteria reach only 2 of 3 points']);
  });

  it('is refused for two criteria of one id and for references to nothing', () => {
    const rubric = { criteria: [criterion('a', 3), criterion('a', 1, { group: 'g9', requires: ['x'], excludes: ['y'] })] };
    expect(messages(question(rubric))).toEqual([
      'two criteria have the id "a"',
      'there is no group "g9"',
      'there is no criterion "x"',
      'there is no criterion "y"',
    ]);
  });

  it('is refused for a correct option that is not offered', () => {
    const match = {
      type: 'choice',
      options: [
        { id: 'A', text: 'a' },
        { id: 'B', text: 'b' },
      ],
      correct: ['C'],
    };
    expect(messages(question({ criteria: [criterion('pick', 3, { match })] }))).toEqual(['there is no option "C"']);
  });

  it('is refused when a criterion could never count', () => {
    const circle = { criteria: [criterion('a', 2, { requires: ['b'] }), criterion('b', 1, { requires: ['a'], excludes: ['b'] })] };
    expect(messages(question(circle))).toEqual(['the criterion requires itself, so it could never count', 'the criterion excludes itself']);
    const tooMany = { criteria: [criterion('a', 3, { match: { ...keywords('x'), minGroups: 2 } })] };
    expect(messages(question(tooMany))).toEqual(['there are only 1 groups']);
  });

  it('is refused for two groups of one id, a floor above the maximum, and points added under negative scoring', () => {
    const groups = [{ id: 'g' }, { id: 'g' }];
    expect(messages(question({ groups, criteria: [criterion('a', 3)] }))).toEqual(['two groups have the id "g"']);
    expect(messages(question({ floor: 4, criteria: [criterion('a', 3)] }))).toEqual(['the floor is above the 3 points of the question']);
    expect(messages(question({ scoring: 'negative', criteria: [criterion('a', 1)] }))).toEqual([
      'under negative scoring criteria carry negative points',
    ]);
  });

  it('under negative scoring starts from the maximum, so criteria need not add up', () => {
    expect(messages(question({ scoring: 'negative', criteria: [criterion('missing unit', -1, { id: 'unit' })] }))).toEqual([]);
  });
});

describe('reachablePoints', () => {
  it('counts groups by their rules', () => {
    const rubric = Rubric.parse({
      criteria: [
        criterion('loose', 1),
        criterion('e1', 2, { group: 'one' }),
        criterion('e2', 3, { group: 'one' }),
        criterion('b1', 1, { group: 'two' }),
        criterion('b2', 1, { group: 'two' }),
        criterion('b3', 1, { group: 'two' }),
        criterion('c1', 4, { group: 'capped' }),
      ],
      groups: [
        { id: 'one', rule: 'exclusive' },
        { id: 'two', rule: 'bestN', n: 2 },
        { id: 'capped', rule: 'sum', cap: 2.5 },
      ],
    });
    expect(reachablePoints(rubric)).toBe(1 + 3 + 2 + 2.5);
  });
});

describe('a question list', () => {
  it('is refused when two questions have one number', () => {
    const list = [
      { number: '1', maxScore: 1 },
      { number: ' 1 ', maxScore: 2 },
    ];
    expect(QuestionList.safeParse(list).error?.issues).toMatchObject([
      { path: [1, 'number'], message: 'two questions have the number "1"' },
    ]);
  });
});

describe('a rubric that would not do what its teacher wants', () => {
  const faults = (rubric: object) =>
    QuestionInput.safeParse(question(rubric)).error?.issues.map(({ path, message }) => [`/${path.slice(1).join('/')}`, message]) ?? [];
  const matching = (match: object) => ({ criteria: [criterion('a', 3, { match })] });
  const at = '/criteria/0/match/0';

  it.each([
    [
      'a phrase without letters',
      matching({ type: 'keywords', groups: [{ anyOf: ['force', '--'] }] }),
      `${at}/groups/0/anyOf/1`,
      'neither letters nor digits',
    ],
    [
      'a phrase twice',
      matching({ type: 'keywords', groups: [{ anyOf: ['Force', 'force '] }] }),
      `${at}/groups/0/anyOf/1`,
      'is there twice',
    ],
    [
      'a phrase wanted and ruled out',
      matching({ ...keywords('force'), noneOf: ['Force'] }),
      `${at}/noneOf/0`,
      'whoever writes it gets nothing',
    ],
    [
      'two units of one name',
      matching({ type: 'numeric', value: 1, units: [1, 2].map((factor) => ({ symbol: 'm', factor })) }),
      `${at}/units/1/symbol`,
      'which factor counts',
    ],
    [
      'a required unit without a name',
      matching({ type: 'numeric', value: 1, unit: 'required' }),
      `${at}/units`,
      'no answer could be right',
    ],
    [
      'a near miss that is right',
      matching({ type: 'numeric', value: 1, nearMisses: [{ value: 1, fraction: 0.5 }] }),
      `${at}/nearMisses/0/value`,
      'cannot be a near miss',
    ],
    [
      'two options of one id',
      matching({ type: 'choice', options: ['A', 'a'].map((id) => ({ id, text: id })), correct: ['A'] }),
      `${at}/options/1/id`,
      'two options have the id',
    ],
    [
      'a criterion excluded by what it requires',
      { criteria: [criterion('a', 3, { excludes: ['b'] }), criterion('b', 1, { requires: ['a'] })] },
      '/criteria/1/requires',
      'could never count',
    ],
    [
      'points that exclude each other',
      { criteria: [criterion('a', 2, { excludes: ['b'] }), criterion('b', 1, { excludes: ['a'] })] },
      '/criteria',
      'reach only 2 of 3 points, because',
    ],
  ])('%s', (_what, rubric, path, message) => expect(faults(rubric)).toContainEqual([path, expect.stringContaining(message)]));

  it('is not refused where the best of several combinations reaches the maximum', () => {
    const either = [
      criterion('a', 1, { excludes: ['b'] }),
      criterion('b', 1, { excludes: ['a'] }),
      criterion('c', 2, { requires: ['a', 'b'] }),
    ];
    expect(faults({ criteria: either })).toEqual([]);
  });
});

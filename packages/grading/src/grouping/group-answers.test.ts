import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeQuestion, questionWith } from '../testing/questions.ts';
import { groupAnswers } from './group-answers.ts';

const circuit = makeQuestion({
  prompt: 'Why did bulb B go out?',
  modelAnswers: [{ text: 'The damaged bulb is a gap in the circuit: the battery is not in a closed path.' }],
});
const plain = makeQuestion({ prompt: 'Why?' });
const asAnswers = (texts: readonly string[]) => texts.map((answerText) => ({ answerText }));
/** The texts of each group. */
const grouped = (texts: readonly string[], question = plain) =>
  groupAnswers(question, asAnswers(texts)).map(({ members }) => members.map(({ answerText }) => answerText));
const areTogether = (a: string, b: string, question = plain) => grouped([a, b], question).length === 1;

describe('answers that say the same', () => {
  it.each([
    ['There is a gap in the circuit.', 'THERE WAS A GAP, in the circuit'],
    ['Because it creates a gap', 'it creates gaps'],
    ['oxygen and glucose', 'Glucose, oxygen.'],
    ['oxygen, water and light', 'light & oxygen & water'],
    ['The pressure rises to 5 metres', 'the pressure rises to 5.0 m'],
    ['it took five minutes', 'It took 5 min'],
    ['it is 25 % more', 'it is 0.25 more'],
    ['1,000 people', '1000 people'],
    ['It isn’t closed', 'it is not closed'],
    ['- a gap', 'a gap'],
  ])('are together: %s | %s', (a, b) => {
    expect(areTogether(a, b)).toBe(true);
  });

  it.each([
    ['The bulb is on', 'The bulb is not on'],
    ['it is never closed', 'it is closed'],
    ['without light', 'with light'],
    ['A is closed but B is not', 'A is not closed but B is'],
    ['it rises by 5 m', 'it rises by 50 m'],
    ['it rises by 5 m', 'it rises by 5 s'],
    ['-5 degrees', '5 degrees'],
    ['x > 5', 'x < 5'],
    ['heat causes light', 'light causes heat'],
    ['more voltage', 'less voltage'],
    ['the current increases', 'the current decreases'],
    ['bulb A', 'bulb C'],
    ['the reaction is endothermic', 'the reaction is exothermic'],
  ])('are apart when they differ: %s | %s', (a, b) => {
    expect(areTogether(a, b)).toBe(false);
  });

  it('take A for a name where letters are names, for an article elsewhere', () => {
    expect(areTogether('A bulb shines', 'bulb shines', makeQuestion({ prompt: 'What do you see?' }))).toBe(true);
    expect(areTogether('bulb a and c', 'Bulb A and C', circuit)).toBe(true);
    expect(areTogether('bulb a shines', 'bulb shines', circuit)).toBe(false);
  });

  it('forgive slips in words that are well known, never between two words that both occur, nor in endings', () => {
    expect(areTogether('a closed circut', 'a closed circuit', circuit)).toBe(true);
    expect(areTogether('closed circut', 'closed circuit')).toBe(false);
    const class30 = [
      ...Array<string>(20).fill('photosynthesis'),
      'photosinthesis',
      'fotosynthesis',
      ...Array<string>(5).fill('phtosynthesis'),
    ];
    expect(grouped(class30).map(({ length }) => length)).toEqual([26, 1]);
    expect(grouped([...Array<string>(9).fill('nitrate'), 'nitrite']).map(({ length }) => length)).toEqual([9, 1]);
    expect(grouped([...Array<string>(5).fill('streams'), ...Array<string>(4).fill('strreams')]).length).toBe(2);
  });

  it('give blank ones a group of their own, and every group a label, an id and its size', () => {
    const groups = groupAnswers(circuit, asAnswers(['', ' a gap', 'A gap.', '...', 'a gap', '?', 'a gap']));
    expect(groups.map(({ kind, label, members }) => [kind, label, members.length])).toEqual([
      ['ANSWER', 'a gap', 4],
      ['BLANK', '', 3],
    ]);
    expect(groups.every(({ id }) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true);
    expect(groupAnswers(circuit, asAnswers(['a gap']))[0]?.id).toBe(groups[0]?.id);
    expect(groupAnswers(makeQuestion({ prompt: 'x'.repeat(10) }), asAnswers([`long ${'word '.repeat(90)}`]))[0]?.label.length).toBe(200);
  });

  it('put long answers together only when they are word for word the same', () => {
    const long = `${'The current flows from one end of the battery to the other through each of the bulbs, '.repeat(3)}and back`;
    expect(areTogether(long, long.toUpperCase())).toBe(true);
    expect(areTogether(long, long.replace('bulbs, ', 'bulbs. '))).toBe(true);
    expect(areTogether(`${long}, and the bulbs shine`, `and the bulbs shine, ${long}`)).toBe(false);
  });
});

describe('answers with an exact key', () => {
  it('are grouped by what is picked; what is no clear pick by its words', () => {
    const options = ['A', 'B', 'C'].map((id) => ({ id, text: `option ${id} text` }));
    const question = questionWith({ type: 'choice', options, correct: ['B'], mode: 'exact' }, { type: 'MULTIPLE_CHOICE' });
    expect(grouped(['B', 'b.', '(B)', 'option B text', 'The answer is B', 'A', 'A or B', 'not B', ''], question)).toEqual(
      expect.arrayContaining([['B', 'b.', '(B)', 'option B text', 'The answer is B'], ['A'], ['A or B'], ['not B'], ['']]),
    );
    const several = questionWith({ type: 'choice', options, correct: ['A', 'B'], mode: 'perOption' }, { type: 'MULTIPLE_CHOICE' });
    expect(areTogether('B and A', 'A, B', several)).toBe(true);
    expect(areTogether('A, B, C', 'A, B', several)).toBe(false);
  });

  it('are grouped by verdict', () => {
    const question = questionWith({ type: 'trueFalse', value: true }, { type: 'TRUE_FALSE' });
    expect(grouped(['true', 'T', 'Not true', 'false.', 'F', 'wrong'], question)).toEqual([
      ['Not true', 'false.', 'F', 'wrong'],
      ['true', 'T'],
    ]);
    expect(areTogether('yes', 'true', makeQuestion({ type: 'TRUE_FALSE' }))).toBe(true);
  });

  it('are grouped by number in the unit of the key', () => {
    const units = [
      { symbol: 'm', factor: 1 },
      { symbol: 'km', factor: 1000 },
    ];
    const question = questionWith({ type: 'numeric', value: 5000, tolerance: {}, units, unit: 'required' }, { type: 'NUMERIC' });
    expect(areTogether('5 km', 'd = 5000 m', question)).toBe(true);
    expect(areTogether('5 km', '5,000 metres', question)).toBe(true);
    expect(areTogether('5000', '5000 m', question)).toBe(false);
    expect(areTogether('5 km', '5 m', question)).toBe(false);
    expect(areTogether('5 km or 6 km', '6 km', question)).toBe(false);
  });
});

const word = fc.constantFrom(
  ...'a the bulb bulbs circuit circut gap battery 5 five m % is not no never closed open and , . A B more less'.split(' '),
);
const answer = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
const anything = fc.oneof(answer, answer, fc.string(), fc.string({ unit: 'grapheme' }));
const shape = (texts: readonly string[]) =>
  groupAnswers(circuit, asAnswers(texts))
    .map(({ id, kind, label, members }) => [id, kind, label, members.map(({ answerText }) => answerText).sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

describe('laws', () => {
  it('the order of the answers changes nothing', () => {
    const shuffled = fc
      .array(anything, { maxLength: 25 })
      .chain((texts) => fc.tuple(fc.constant(texts), fc.shuffledSubarray(texts, { minLength: texts.length })));
    fc.assert(fc.property(shuffled, ([texts, other]) => expect(shape(other)).toEqual(shape(texts))));
  });

  it('every answer is in one group, ids differ, and the same text, in whatever case and with whatever blanks, is in the same', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 20 }), answer, (texts, twin) => {
        const groups = groupAnswers(circuit, asAnswers([...texts, twin, `  ${twin.replaceAll(' ', '  ')} .`, twin]));
        expect(groups.reduce((sum, { members }) => sum + members.length, 0)).toBe(texts.length + 3);
        expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length);
        const holding = groups.filter(({ members }) => members.some(({ answerText }) => answerText === twin));
        expect(holding).toHaveLength(1);
        expect(holding[0]?.members.length).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  it('an answer and its negation are never together, whatever else was answered', () => {
    const negation = fc.constantFrom('not', 'never', 'no', 'it is not true that', 'without');
    fc.assert(
      fc.property(answer, negation, fc.array(answer, { maxLength: 15 }), (text, no, others) => {
        const groups = grouped([text, `${no} ${text}`, ...others], circuit);
        expect(groups.some((members) => members.includes(text) && members.includes(`${no} ${text}`))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('an answer is never together with the same answer and another number', () => {
    fc.assert(
      fc.property(answer, fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 999 }), (text, one, other) => {
        fc.pre(one !== other);
        expect(areTogether(`${text} ${one} volts`, `${text} ${other} volts`, circuit)).toBe(false);
      }),
    );
  });
});

import { Question } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvPath, readQuestionsCsv, writeQuestionsCsv } from './question-csv.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom('=1+1', "'=x", '"quoted"', 'a\r\nb', '-5', '-5e3', '@cmd', '\tx', ';;', "'", "''", 'ä,ö;ü', '\uFEFFx', 'a\rb'),
);
const text = (maxLength: number) => nasty.map((value) => value.slice(0, maxLength));
const words = nasty.map((value) => value.trim() || 'word');
const key = fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/);
const points = fc.integer({ min: -8, max: 40 }).map((value) => value / 4);
const match = fc.oneof(
  fc.record({ type: fc.constant('manual') }),
  fc.record({
    type: fc.constant('keywords'),
    groups: fc.array(fc.record({ anyOf: fc.array(words, { minLength: 1, maxLength: 3 }) }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('numeric'), value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0) }),
);
const criterion = fc.record({
  ...{ id: key, description: words, points, partial: fc.constantFrom('none', 'proportional'), group: fc.option(key) },
  ...{
    requires: fc.array(key, { maxLength: 2 }),
    excludes: fc.array(key, { maxLength: 2 }),
    match: fc.array(match, { minLength: 1, maxLength: 2 }),
  },
});
const rubric = fc.record(
  {
    ...{ scoring: fc.constantFrom('positive', 'negative'), step: fc.constantFrom(0.25, 1, 1e-7), floor: points },
    ...{
      ceiling: points,
      criteria: fc.array(criterion, { maxLength: 3 }),
      groups: fc.array(fc.record({ id: key, cap: fc.nat() }), { maxLength: 2 }),
    },
  },
  { requiredKeys: ['scoring', 'step', 'floor', 'criteria', 'groups'] },
);
const question = (number: string) =>
  fc.record({
    ...{ id: fc.uuid({ version: 7 }), number: fc.constant(number), prompt: text(30), maxScore: fc.integer({ min: 1, max: 40 }) },
    ...{ rubric: fc.option(rubric), modelAnswers: fc.array(fc.record({ text: words }), { maxLength: 2 }) },
    exemplars: fc.array(fc.record({ answer: text(20), score: points }), { maxLength: 2 }),
  });
const list = fc.tuple(question('1'), question('=2'), question("'3")).map((questions) => questions.map((value) => Question.parse(value)));

describe('questions as CSV', () => {
  it('come back as they were, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(list, async (questions) => {
        const read = await readQuestionsCsv(await writeQuestionsCsv(questions));
        expect(read.questions.map((value) => Question.parse(value))).toEqual(questions);
      }),
      { numRuns: 200 },
    );
  });

  it('hold no cell that a spreadsheet would run', async () => {
    const risky = Question.parse({
      id: '0197a000-0000-7000-8000-000000000001',
      number: '1',
      maxScore: 1,
      prompt: '=HYPERLINK("http://x")',
    });
    expect(await writeQuestionsCsv([risky])).toContain(`"'=HYPERLINK(""http://x"")"`);
  });

  it('are read as spreadsheets write them: semicolons, mark, decimal commas, words for a match', async () => {
    const csv =
      '\uFEFFnumber;maxScore;criterionId;description;points;match\r\n1;1,5;a;says it;1;weight | gravity; mass\r\n;;b;more;0,5;[{"type":"manual"}]\r\n;;;;;\r\n2;2;;;;\r\n';
    const quoted = csv
      .replace('weight | gravity; mass', '"weight | gravity; mass"')
      .replace('[{"type":"manual"}]', '"[{""type"":""manual""}]"');
    expect(await readQuestionsCsv(quoted)).toEqual({
      questions: [
        {
          ...{ number: '1', maxScore: 1.5 },
          rubric: {
            criteria: [
              {
                id: 'a',
                description: 'says it',
                points: 1,
                match: { type: 'keywords', groups: [{ anyOf: ['weight', 'gravity'] }, { anyOf: ['mass'] }] },
              },
              { id: 'b', description: 'more', points: 0.5, match: [{ type: 'manual' }] },
            ],
          },
        },
        { number: '2', maxScore: 2 },
      ],
      rows: [
        { row: 2, criteria: [2, 3] },
        { row: 5, criteria: [] },
      ],
    });
  });

  it.each([
    ['', '/rows/1'],
    ['number,colour\n1,red', '/rows/1'],
    ['number,maxScore\n1,2,3', '/rows/2'],
    ['number,maxScore,criterionId\n1,2,a\n1,3,b', '/rows/3/maxScore'],
    ['number,maxScore,match\n1,2,{', '/rows/2/match'],
    ['number,maxScore\n1,"2', '/rows/2'],
  ])('%j is refused with its row', async (csv, path) => {
    await expect(readQuestionsCsv(csv)).rejects.toMatchObject({
      status: 400,
      errors: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  it('name the row of a fault that is found later', () => {
    const rows = [{ row: 2, criteria: [2, 3] }];
    expect(csvPath([0, 'rubric', 'criteria', 1, 'points'], rows)).toEqual(['rows', 3, 'points']);
    expect(csvPath([0, 'rubric', 'step'], rows)).toEqual(['rows', 2, 'step']);
    expect(csvPath([0, 'maxScore'], rows)).toEqual(['rows', 2, 'maxScore']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { makePages } from '../segmentation/sheet-maker.ts';
import { proposeQuestions } from './propose-questions.ts';
import { makePaper, type PaperHabit } from './testing/make-paper.ts';

const numbers: Array<PaperHabit['number']> = [
  (n) => `${n}.`,
  (n) => `${n})`,
  (n) => `(${n})`,
  (n) => `Q${n}.`,
  (n) => `Q.${n}`,
  (n) => `Question ${n}:`,
];
const parts: Array<Pick<PaperHabit, 'part' | 'closing'>> = [
  { part: 'letter', closing: (name) => `(${name})` },
  { part: 'letter', closing: (name) => `${name})` },
  { part: 'roman', closing: (name) => `${name})` },
  { part: 'roman', closing: (name) => `(${name})` },
  { part: 'roman', closing: (name) => `${name}.` },
];
const marks: Array<PaperHabit['marks']> = ['column', 'square', 'words', 'section'];

const found = (text: string) => proposeQuestions(makePages(text));
const scores = (text: string) => Object.fromEntries(found(text).proposals.map(({ number, maxScore }) => [number, maxScore]));

describe('proposeQuestions', () => {
  it('finds every number, part and mark of a paper in any way of numbering again, and its total', () => {
    const habits = numbers
      .flatMap((number) => parts.flatMap((part) => marks.map((where) => ({ number, ...part, marks: where }))))
      .filter((_, i) => i % 3 === 0);
    const wrong = habits.flatMap((habit, seed) => {
      const paper = makePaper(habit, seed);
      const { proposals, total } = proposeQuestions(paper.pages);
      const right =
        JSON.stringify(proposals.map(({ number, maxScore }) => [number, maxScore])) === JSON.stringify([...paper.truth]) &&
        total.stated === paper.total &&
        total.sum === paper.total;
      return right
        ? []
        : [
            `${habit.number(7)} ${habit.closing('i')} ${habit.marks} seed ${seed}: ${proposals.map(({ number, maxScore }) => `${number}=${maxScore}`).join(' ')} ${JSON.stringify(total)}`,
          ];
    });
    expect(wrong).toEqual([]);
  });

  it('knows numbers under ticks by their neighbours, the room and marks that must add up', () => {
    const clean = `
Full Marks: 30
Answer any two questions                                        2x15=30
1.  i) State the importance of a certificate.                         8
    ii) What is the role of a hash function?                          7

2.  i) Explain the features of the network.                           5
    ii) Describe the activities of spyware.                           5
    iii) Write a short note on proxy servers.                         5

3.  i) What are the best practices at home?                          10
    ii) Name three kinds of attack with examples.                     5`;
    const ticked = clean
      .replace('2.  i) Explain', 'W/  X¥  Explain')
      .replace('ii) Describe', '«#f  Describe')
      .replace('3.  i) What', 'A_  jy What');
    expect(ticked).not.toContain('2.');
    expect(scores(ticked)).toEqual(scores(clean));
    expect(Object.keys(scores(ticked))).toEqual(['1(i)', '1(ii)', '2(i)', '2(ii)', '2(iii)', '3(i)', '3(ii)']);
    const sureOf = (text: string) => found(text).proposals.find(({ number }) => number === '2(i)')?.confidence ?? 0;
    expect(sureOf(ticked)).toBeLessThan(sureOf(clean));
  });

  it('counts of a choice what may be answered, by questions, parts and "or"', () => {
    const { proposals, choices, total } = found(`
Maximum marks: 20

1. Define entropy and its unit. [5]

OR

2. Define enthalpy and its unit. [5]

3. Write short notes on any two of the following: (2.5x2)
   a) Diffusion in gases
   b) Osmosis in plants
   c) Evaporation of water

4. Derive the law of cooling from first principles. [10]`);
    expect(proposals.map(({ number, maxScore }) => [number, maxScore])).toEqual([
      ['1', 5],
      ['2', 5],
      ['3(a)', 2.5],
      ['3(b)', 2.5],
      ['3(c)', 2.5],
      ['4', 10],
    ]);
    expect(choices.map(({ choose, alternatives }) => ({ choose, alternatives }))).toEqual([
      { choose: 1, alternatives: [['1'], ['2']] },
      { choose: 2, alternatives: [['3(a)'], ['3(b)'], ['3(c)']] },
    ]);
    expect(total).toEqual({ stated: 20, sum: 20 });
    expect(proposals[3]?.prompt).toContain('Osmosis');
    expect(proposals[3]?.prompt).toContain('short notes');
  });

  it('keeps lists below a marked question in its text, and takes no header, year, table or page number for a question', () => {
    const { proposals, total } = found(`
UNIVERSITY OF SOMEWHERE
2023
CS-101 / 3 Hours
Time: 3 Hours                                         Total: 12
Section A: Answer all questions
1. Which of these is a prime number?                                  2
   A) 21
   B) 23
   C) 27
2. Explain these terms:                                              10
   a) kernel
   b) shell
   Index  0   1   2   3   4
   Value  7   9   4   8   6
Page 1 of 2`);
    expect(proposals.map(({ number, maxScore, section }) => [number, maxScore, section])).toEqual([
      ['1', 2, 'A'],
      ['2', 10, 'A'],
    ]);
    expect(proposals[0]?.prompt).toContain('C) 27');
    expect(proposals[1]?.prompt).toContain('b) shell');
    expect(proposals[1]?.prompt).not.toContain('Page 1');
    expect(total).toEqual({ stated: 12, sum: 12 });
  });

  it('puts the name of the section before numbers that begin again', () => {
    expect(
      Object.keys(
        scores(`
Section A
Answer all questions
1. Define heat and work. [2]
2. Define power and force. [2]

Section B
Answer all questions
1. Derive the gas law from collisions. [8]
2. Explain how an engine works. [8]`),
      ),
    ).toEqual(['A1', 'A2', 'B1', 'B2']);
  });

  it('goes on over pages, with the page and box of each question', () => {
    const { proposals } = found(`
1. Define heat and work in one sentence. [2]
2. Explain the second law with an example. [8]\f
and state where it does not hold.
3. Derive the gas law from collisions. [10]`);
    expect(proposals.map(({ number, page }) => [number, page])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 2],
    ]);
    expect(proposals[1]?.prompt).toContain('does not hold');
    const [first, second] = proposals.map(({ box }) => box);
    expect(second?.[1]).toBeGreaterThan((first?.[1] ?? 0) + (first?.[3] ?? 0) - 1);
  });

  it('proposes nothing for a page without questions', () => {
    expect(
      found('The quick brown fox jumps over the lazy dog and sleeps.\nIt was 1848 and nothing else happened that day.').proposals,
    ).toEqual([]);
    expect(proposeQuestions([]).total).toEqual({ stated: null, sum: null });
  });
});

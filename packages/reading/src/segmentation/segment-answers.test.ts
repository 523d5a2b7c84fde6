import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { segmentAnswers } from './segment-answers.ts';
import { makePages } from './sheet-maker.ts';

/** The answers by number, and the text that belongs to none. */
function split(text: string, numbers: string[]) {
  const pages = makePages(text);
  const { answers, unassigned, doubtful } = segmentAnswers(pages, numbers);
  const loose = unassigned.flatMap(({ page, from, to }) => pages[page - 1]?.words.slice(from, to).map((word) => word.text) ?? []);
  return { ...Object.fromEntries(answers.map((answer) => [answer.number, answer.text])), unassigned: loose.join(' '), doubtful };
}

describe('segmentAnswers: ways of writing numbers', () => {
  const sheets: Array<[string, string, string[], Record<string, unknown>]> = [
    [
      '1. 2. with a header',
      'Name: Ada Byron\nBiology\n\n1. Light is turned\ninto sugar.\n\n2. 42 kg',
      ['1', '2'],
      { 1: 'Light is turned\ninto sugar.', 2: '42 kg', unassigned: 'Name: Ada Byron Biology' },
    ],
    ['1) 2)', '1) osmosis\n2) diffusion\n3) true', ['1', '2', '3'], { 1: 'osmosis', 2: 'diffusion', 3: 'true' }],
    ['(1) (2)', '(1) osmosis\n(2) diffusion', ['1', '2'], { 1: 'osmosis', 2: 'diffusion' }],
    ['Q1 Q2', 'Q1 Plants use light.\nQ2 B', ['1', '2'], { 1: 'Plants use light.', 2: 'B' }],
    ['Q1)=>', 'Q1)=>The stack is LIFO\nQ2)=>A queue', ['1', '2'], { 1: 'The stack is LIFO', 2: 'A queue' }],
    ['Ans 2:', 'Ans 1: A stack\nAns 2: a queue', ['1', '2'], { 1: 'A stack', 2: 'a queue' }],
    [
      'Question 3: with titles',
      'Question 1 (basic): yes\n\nBasic question 2: no\n\nQuestion 3, alternative 1: maybe',
      ['1', '2', '3'],
      { 2: 'no' },
    ],
    ['1(a) 1(b)', '1(a) red\n1(b) blue\n2(a) green', ['1(a)', '1(b)', '2(a)'], { '1(a)': 'red', '1(b)': 'blue', '2(a)': 'green' }],
    [
      'a) below 1.',
      '1.\na) red\nb) blue\n\n2. a) green\n   b) white',
      ['1(a)', '1(b)', '2(a)', '2(b)'],
      { '1(a)': 'red', '1(b)': 'blue', '2(a)': 'green', '2(b)': 'white' },
    ],
    ['5a) then b)', '5a) red\nb) blue\n6 a) green', ['5a', '5b', '6a'], { '5a': 'red', '5b': 'blue', '6a': 'green' }],
    ['9. i) ii)', '9. i) red\nii) blue\n10. i) green', ['9(i)', '9(ii)', '10(i)'], { '9(i)': 'red', '9(ii)': 'blue', '10(i)': 'green' }],
    [
      'three levels',
      '1. (a) (i) red\n(ii) blue\n(b) green',
      ['1(a)(i)', '1(a)(ii)', '1(b)'],
      { '1(a)(i)': 'red', '1(a)(ii)': 'blue', '1(b)': 'green' },
    ],
    ['decimal parts', '1.1 red\n1.2 blue\n2.1 green', ['1.1', '1.2', '2.1'], { '1.1': 'red', '1.2': 'blue', '2.1': 'green' }],
    ['bare numbers', '1 Photosynthesis\n\n2 Respiration\n\n3 Osmosis', ['1', '2', '3'], { 1: 'Photosynthesis', 3: 'Osmosis' }],
    ['several in a line', '1. B  2. C  3. A\n4. True', ['1', '2', '3', '4'], { 1: 'B', 2: 'C', 3: 'A', 4: 'True' }],
    ['misread numbers', 'l. red\n\n2. blue\n\nB. green', ['1', '2', '8'], { 1: 'red', 2: 'blue', 8: 'green' }],
    ['letters as numbers', 'A. red\nB. blue', ['A', 'B'], { A: 'red', B: 'blue' }],
    ['parts that the key does not have', '1a) red\n1b) blue\n2. green', ['1', '2'], { 1: 'a) red\nb) blue', 2: 'green' }],
  ];
  it.each(sheets)('%s', (_, text, numbers, expected) => {
    expect(split(text, numbers)).toMatchObject(expected);
  });
});

describe('segmentAnswers: what is not a number, and what goes on', () => {
  it('does not take a numbered list inside an answer', () => {
    const text = '1. Three steps:\n   1. heat it\n   2. stir it\n   3. cool it\n\n2. 56.95 seconds.\n\n3. In 1905';
    expect(split(text, ['1', '2', '3'])).toMatchObject({
      1: 'Three steps:\n1. heat it\n2. stir it\n3. cool it',
      2: '56.95 seconds.',
      3: 'In 1905',
    });
  });

  it('does not take decimals, years, percentages and sums at the start of a line', () => {
    const text = '1. The value is\n2.5 m per second\n2 = x + 1 holds\n2% of it\n\n2. Done';
    expect(split(text, ['1', '2'])).toMatchObject({ 1: 'The value is\n2.5 m per second\n2 = x + 1 holds\n2% of it', 2: 'Done' });
  });

  it('keeps "Ans: 2" as an answer', () => {
    expect(split('1. Ans: 2\n2. Ans: 1', ['1', '2'])).toMatchObject({ 1: '2', 2: '1' });
  });

  it('carries an answer over a page break and leaves headers, footers and page numbers out', () => {
    const text = `Midterm Physics\n\n1. It begins here\n${'\n'.repeat(46)}Page 1 of 2\fMidterm Physics\n\nand ends there.\n\n2. B\n${'\n'.repeat(46)}Page 2 of 2`;
    expect(split(text, ['1', '2'])).toMatchObject({
      1: 'It begins here\nand ends there.',
      2: 'B',
      unassigned: 'Midterm Physics Page 1 of 2 Midterm Physics Page 2 of 2',
    });
  });

  it('does not take "Question 2" on top of every page for a header', () => {
    expect(split('Question 1\nred\fQuestion 2\nblue', ['1', '2'])).toMatchObject({ 1: 'red', 2: 'blue', unassigned: '' });
  });

  it('joins an answer that is continued after another', () => {
    expect(split('Q1. red\nQ2. blue\nQ1 (continued) green\nQ3. white', ['1', '2', '3'])).toMatchObject({
      1: 'red\ngreen',
      2: 'blue',
      3: 'white',
    });
  });

  it('follows answers out of order, and leaves unanswered ones out', () => {
    const result = split('Question 3: red\n\nQuestion 1: blue', ['1', '2', '3']);
    expect(result).toMatchObject({ 1: 'blue', 3: 'red' });
    expect(result).not.toHaveProperty('2');
  });

  it('finds a number with nothing behind it as an empty answer', () => {
    expect(split('1. red\n\n2.\n\n3. blue', ['1', '2', '3'])).toMatchObject({ 1: 'red', 2: '', 3: 'blue' });
  });

  it('leaves rules to write on out of the answers: an answer that holds nothing else is empty', () => {
    const text = '1. ____________\n\n2. red ______\n   ________.\n\n3. my_name and a _ b';
    expect(split(text, ['1', '2', '3'])).toMatchObject({ 1: '', 2: 'red', 3: 'my_name and a _ b', unassigned: '' });
  });

  it('gives all text to the only question when there is no number, and to nobody when there are several', () => {
    expect(split('The heart pumps blood.', ['1'])).toMatchObject({ 1: 'The heart pumps blood.', unassigned: '' });
    expect(split('The heart pumps blood.', ['1', '2'])).toEqual({ unassigned: 'The heart pumps blood.', doubtful: [] });
  });

  it('takes a list deep in the text of an only question for what it is', () => {
    const start = 'word '.repeat(30).trim();
    expect(split(`${start}\n1. first\n2. second`, ['1'])).toMatchObject({ 1: `${start}\n1. first\n2. second` });
  });

  it('doubts an answer that holds a number which was not found elsewhere', () => {
    const { doubtful } = split('1. red\n\n2. blue\nfirst part\n\nsecond part after room\n\n4. green', ['1', '2', '3', '4']);
    expect(doubtful).toEqual(['2', '3']);
    expect(split('1. red\n\n2. blue\n\n4. green', ['1', '2', '3', '4']).doubtful).toEqual([]);
  });
});

describe('segmentAnswers: what engines do to a page', () => {
  it('puts numbers that were read as a column of their own back in front of their lines', () => {
    const [page] = makePages('Q1. The plant needs light\n    and water.\n\nQ2. 75\n\nQ3. C');
    if (!page) throw new Error('no page');
    const column = page.words.filter((word) => /^Q[23]/.test(word.text)).map((word, i) => ({ ...word, line: i + 1 }));
    const rest = page.words.filter((word) => !column.some(({ text }) => text === word.text));
    const read = { ...page, words: [...rest.slice(0, 5), ...column, ...rest.slice(5).map((word) => ({ ...word, line: word.line + 2 }))] };
    expect(segmentAnswers([read], ['1', '2', '3']).answers.map((answer) => answer.text)).toEqual([
      'The plant needs light\nand water.',
      '75',
      'C',
    ]);
  });

  it('doubts a missing number where a line was left out', () => {
    const [page] = makePages('1. red\n\n2. blue\n\n3. lost\n\n4. green\n\n5. white and\nwide');
    if (!page) throw new Error('no page');
    const read = { ...page, words: page.words.filter((word) => word.line !== 2) };
    expect(segmentAnswers([read], ['1', '2', '3', '4', '5']).doubtful).toEqual(['3']);
  });
});

describe('segmentAnswers: laws', () => {
  const token = fc.oneof(
    fc.constantFrom(
      '1.',
      '2)',
      'Q3',
      '(a)',
      'b)',
      'Ans',
      '4:',
      '1(a)',
      'i)',
      '5.5',
      '\n',
      '\n\n',
      '\f',
      '1.glued',
      '(continued)',
      'Page',
      '2',
      'l.',
    ),
    fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }).filter((text) => !/\s/.test(text)),
  );
  const sheet = fc.array(token, { maxLength: 60 }).map((tokens) => makePages(tokens.join(' ')));
  const keys = fc.uniqueArray(fc.constantFrom('1', '2', '3', '1(a)', '1(b)', '4', 'Q5', 'A', '2(i)', 'essay'), { maxLength: 6 });

  it('puts every word of every page in exactly one place', () => {
    fc.assert(
      fc.property(sheet, keys, (pages, numbers) => {
        const { answers, unassigned, labels } = segmentAnswers(pages, numbers);
        const places = new Map<string, number>();
        const put = (page: number, index: number) => places.set(`${page}/${index}`, (places.get(`${page}/${index}`) ?? 0) + 1);
        for (const answer of answers) for (const word of answer.words) put(word.page, word.index);
        for (const { page, from, to } of [...unassigned, ...labels]) for (let index = from; index < to; index++) put(page, index);
        const all = pages.flatMap((page) => page.words.map((_, index) => `${page.number}/${index}`));
        expect([...places.keys()].sort()).toEqual(all.sort());
        expect([...places.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('gives each answer the text of its words, in the order of the sheet, and answers in the order of the key', () => {
    fc.assert(
      fc.property(sheet, keys, (pages, numbers) => {
        const { answers } = segmentAnswers(pages, numbers);
        expect(answers.map((answer) => answer.number)).toEqual(
          numbers.filter((number) => answers.some((answer) => answer.number === number)),
        );
        for (const { text, words } of answers) {
          for (const { start, end, page, index } of words)
            expect(pages[page - 1]?.words[index]?.text.endsWith(text.slice(start, end))).toBe(true);
          expect(text.replace(/[ \n]/g, '')).toBe(words.map(({ start, end }) => text.slice(start, end)).join(''));
        }
      }),
      { numRuns: 200, seed: 8 },
    );
  });
});

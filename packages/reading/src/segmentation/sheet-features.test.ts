import { describe, expect, it } from '@jest/globals';
import type { SegmentAnswersOptions } from '../types.ts';
import { segmentAnswers } from './segment-answers.ts';
import { makePages } from './sheet-maker.ts';

/** The answers by number; the words that are in no answer and no label; the doubtful numbers. */
function split(text: string, numbers: string[], options: SegmentAnswersOptions = {}) {
  const pages = makePages(text);
  const { answers, unassigned, doubtful } = segmentAnswers(pages, numbers, options);
  const loose = unassigned.flatMap(({ page, from, to }) => pages[page - 1]?.words.slice(from, to).map((word) => word.text) ?? []);
  return { ...Object.fromEntries(answers.map((answer) => [answer.number, answer.text])), unassigned: loose.join(' '), doubtful };
}

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, i) => String(from + i));

describe('segmentAnswers: marks', () => {
  it.each([
    ['1. (5 marks) red\n\n2. (2M) blue', 'red', 'blue'],
    ['Question 1 [4 marks]\nred\n\nQuestion 2 [2]\nblue', 'red', 'blue'],
    ['1. [2] red\n\n2. [3] blue', 'red', 'blue'],
    ['1. red                              [2]\n\n2. blue                             [3]', 'red', 'blue'],
    // The engine took S for 5.
    ['1. (Smarks) red\n\n2. (3 marks) blue', 'red', 'blue'],
  ])('belong to the label: %s', (text, first, second) => {
    expect(split(text, ['1', '2'])).toMatchObject({ 1: first, 2: second, unassigned: '' });
  });

  it('are not what the whole answer is, nor the first item of a list', () => {
    expect(split('1. (4)\n\n2. (1) red\n(2) blue\n\n3. [7] of them', numbers(3))).toMatchObject({
      1: '(4)',
      2: '(1) red\n(2) blue',
      3: '[7] of them',
    });
  });
});

describe('segmentAnswers: copied questions', () => {
  const prompts = { 1: 'Explain why ice floats on water.', 2: 'Name two gases. Give a use for each of them.' };

  it('leaves a copied question out, also misread, over a line end, with marks behind it', () => {
    const text =
      '1. Explaln why ice floats\non watcr. [2]\nAns: It is less dense.\n\n2. Name two gases. Give a use for each of them.\nOxygen, to breathe';
    expect(split(text, ['1', '2'], { prompts })).toMatchObject({ 1: 'It is less dense.', 2: 'Oxygen, to breathe', unassigned: '' });
  });

  it('keeps an answer that begins like its question', () => {
    expect(split('1. Explain why: ice is light\n\n2. Name two gases I cannot', ['1', '2'], { prompts })).toMatchObject({
      1: 'Explain why: ice is light',
      2: 'Name two gases I cannot',
    });
  });

  it('finds a question that was copied without its number', () => {
    const text = 'Explain why ice floats on water.\nIt is light.\n\nName two gases. Give a use for each of them.\nOxygen';
    expect(split(text, ['1', '2'], { prompts })).toMatchObject({ 1: 'It is light.', 2: 'Oxygen' });
  });

  it('knows a copied question by "Ans:" behind it, and keeps the working before a result', () => {
    expect(split('1. What is a stack?\nAns: last in, first out\n\n2. Why?\nAns: because', ['1', '2'])).toMatchObject({
      1: 'last in, first out',
      2: 'because',
    });
    expect(split('1. 2x = 4\nx = 4 / 2\nAnswer: 2\n\n2. blue', ['1', '2'])).toMatchObject({ 1: '2x = 4\nx = 4 / 2\nAnswer: 2' });
  });
});

describe('segmentAnswers: tables of choices', () => {
  it('reads a grid by geometry, with a field left blank and one number not read', () => {
    const text =
      'Q     1     2     3     4     5\nAns   B     C           A     D\n\nQ     6           8     9    10\nAns   A     B     C     D     A\n\n11. red';
    expect(split(text, numbers(11))).toMatchObject({
      1: 'B',
      2: 'C',
      3: '',
      4: 'A',
      5: 'D',
      6: 'A',
      7: 'B',
      8: 'C',
      10: 'A',
      11: 'red',
      doubtful: ['7'],
    });
  });

  it('reads columns downwards and across, whatever the engine made of them', () => {
    expect(split('1. B        4. D\n2. C        5. A\n3. A        6. B', numbers(6))).toMatchObject({
      1: 'B',
      2: 'C',
      3: 'A',
      4: 'D',
      5: 'A',
      6: 'B',
    });
    expect(split('1-B 2-C 3-A\n4-D 5-A 6-B', numbers(6))).toMatchObject({ 1: 'B', 3: 'A', 4: 'D', 6: 'B' });
    expect(split('1  B\n2  C\n3  True\n4  a\n\n5  Osmosis is slow', numbers(5))).toMatchObject({
      1: 'B',
      3: 'True',
      4: 'a',
      5: 'Osmosis is slow',
    });
  });

  it('takes pairs inside an answer for what they are', () => {
    const text = '1. red\n\n2. green\n\n3. The pairs are\n1-B 2-C 3-A 4-D\n\n4. blue';
    expect(split(text, numbers(4))).toMatchObject({ 1: 'red', 2: 'green', 3: 'The pairs are\n1-B 2-C 3-A 4-D', 4: 'blue' });
  });
});

describe('segmentAnswers: what was crossed out', () => {
  it('takes the number beside the one that was crossed out, and doubts both', () => {
    expect(split('1. red\n\n3. 2. blue\n\n3. green', numbers(3))).toMatchObject({ 1: 'red', 2: 'blue', 3: 'green', doubtful: ['2', '3'] });
    expect(split('Q1 red\n\nQ7 Q2 blue\n\nQ3 green', numbers(3))).toMatchObject({
      1: 'red',
      2: 'Q7 Q2 blue'.slice(6),
      3: 'green',
      doubtful: ['2'],
    });
  });

  it('reads a number behind strokes of the pen', () => {
    expect(split('1. red\n\nxx 2. blue\n\n~ 3. green', numbers(3))).toMatchObject({
      1: 'red',
      2: 'blue',
      3: 'green',
      doubtful: ['2', '3'],
    });
  });
});

describe('segmentAnswers: pages and columns', () => {
  it('leaves out headings of sections and what says that it goes on, and joins what is continued', () => {
    const text = `Section A\n1. red\nand more\n${'\n'.repeat(40)}contd. on next page\f1. (continued)\nand yet more\n\nSECTION B (10 marks)\n\n2. blue\nP.T.O.`;
    expect(split(text, ['1', '2'])).toMatchObject({
      1: 'red\nand more\nand yet more',
      2: 'blue',
      unassigned: 'Section A contd. on next page SECTION B (10 marks) P.T.O.',
    });
  });

  it('keeps "Section A" as a number where the key has it', () => {
    expect(split('Section A\nred\n\nSection B\nblue', ['A', 'B'])).toMatchObject({ A: 'red', B: 'blue' });
  });

  it('cuts lines that were read across two columns', () => {
    const left = [
      '1. the plant takes in light',
      'and water and makes sugar',
      'out of them and then',
      'it gives off oxygen',
      '2. the stack is last in',
    ];
    const right = [
      'and the queue first in',
      'first out as we all know',
      '3. heat flows from hot to',
      'cold and never backwards',
      'as long as nobody works',
    ];
    const text = left.map((line, i) => line.padEnd(40) + right[i]).join('\n');
    expect(split(text, numbers(3))).toMatchObject({
      1: `${left[0]?.slice(3)}\n${left.slice(1, 4).join('\n')}`,
      2: `${left[4]?.slice(3)}\n${right.slice(0, 2).join('\n')}`,
      3: `${right[2]?.slice(3)}\n${right.slice(3).join('\n')}`,
    });
  });

  it('puts a footer that was read first to the page end', () => {
    const [page] = makePages(`1. red and\n\n${'\n'.repeat(49)}Page 1`);
    if (!page) throw new Error('no page');
    const footer = page.words.filter((word) => word.line === 1).map((word) => ({ ...word, line: 0 }));
    const read = { ...page, words: [...footer, ...page.words.filter((word) => word.line === 0).map((word) => ({ ...word, line: 1 }))] };
    const [second] = makePages('blue\n\n2. green');
    if (!second) throw new Error('no page');
    expect(segmentAnswers([read, { ...second, number: 2 }], ['1', '2']).answers.map(({ text }) => text)).toEqual([
      'red and\nblue',
      'green',
    ]);
  });
});

describe('segmentAnswers: doubts about what was not read', () => {
  it('doubts numbers at the beginning when something stands before the first one that was found', () => {
    expect(split(`Name: Ada\n${'\n'.repeat(6)}tl 2 Bi\nLe Ww\n\n4. red\n\n5. blue`, numbers(5)).doubtful).toEqual(
      expect.arrayContaining(['1', '2', '3']),
    );
  });

  it('doubts a number that reads like a part of the text', () => {
    expect(split('1  B\n2  C\n3  A\n4  D\n\n5  osmosis is slow', numbers(5)).doubtful).toEqual(['5']);
  });

  it('knows by its keyword or by its parts where a number stands that was not read, and doubts it', () => {
    expect(split('Question 1\nred\n\nQuestion\nblue\n\nQuestion 3\ngreen', numbers(3))).toMatchObject({
      1: 'red',
      2: 'blue',
      3: 'green',
      doubtful: ['2'],
    });
    const parts = ['1(a)', '1(b)', '2(a)', '2(b)', '3(a)'];
    expect(split('1.\na) red\nb) blue\n2s\na) green\nb) white\n3.\na) grey', parts)).toMatchObject({
      '1(b)': 'blue',
      '2(a)': 'green',
      '2(b)': 'white',
      '3(a)': 'grey',
      doubtful: expect.arrayContaining(['2(a)', '2(b)']),
    });
  });

  it('doubts all where another style explains the sheet nearly as well', () => {
    const text = '1) red\n1. one\n2. two\n3. three\n2) blue\n3) green';
    expect(split(text, numbers(3)).doubtful).toEqual(numbers(3));
  });

  it('doubts entries that the engine read as one word', () => {
    expect(split('1.a2.c3.b\n\n4. blue', numbers(4)).doubtful).toEqual(['1', '2', '3']);
  });
});

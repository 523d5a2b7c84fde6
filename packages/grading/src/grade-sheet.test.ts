import { type PageReading, Question } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import { gradeSheet, type SheetSegmentation } from './grade-sheet.ts';
import type { GradeRequest, Grader } from './types.ts';

const id = (n: number) => `00000000-0000-8000-8000-00000000000${n}`;
const question = (number: string, n: number) =>
  Question.parse({
    id: id(n),
    number,
    maxScore: 2,
    rubric: {
      criteria: [{ id: 'c', description: 'says the word', points: 2, match: { type: 'keywords', groups: [{ anyOf: ['word'] }] } }],
    },
  });

/** A page of one-line words, 100 px apart, 50 px wide. */
function page(number: number, text: string, extra: Partial<PageReading> = {}): PageReading {
  const words = text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({ text: word, confidence: 0.95, box: [i * 100, 40, 50, 20] as [number, number, number, number], line: 0 }));
  return {
    number,
    width: 1000,
    height: 1400,
    text,
    confidence: 0.95,
    engine: 'made',
    rotation: 0,
    words,
    lines: [],
    doubts: [],
    contentHash: null,
    failure: null,
    ...extra,
  };
}

/** Finds `quote` in the answer and gives full points for it; keeps what it was asked. */
function quotingGrader(quote: string): Grader & { asked: GradeRequest[] } {
  const asked: GradeRequest[] = [];
  return {
    kind: 'offline',
    asked,
    grade: async (request) => {
      asked.push(request);
      const start = request.answer.indexOf(quote);
      const met = start >= 0;
      const evidence = met ? [{ start, end: start + quote.length, quote }] : [];
      const decision = met ? ('MET' as const) : ('NOT_MET' as const);
      const points = met ? 2 : 0;
      return {
        score: points,
        maxScore: 2,
        confidence: 0.9,
        needsReview: false,
        reviewReasons: [],
        feedback: '',
        grader: 'offline',
        criteria: [{ criterionId: 'c', decision, fraction: met ? 1 : 0, points, confidence: 0.9, evidence, reason: '' }],
      };
    },
  };
}

const words = (text: string, places: Array<[number, number]>) => {
  let at = 0;
  return text.split(/[ \n]/).map((word, i) => {
    const start = at;
    at += word.length + 1;
    return { start, end: start + word.length, page: places[i]?.[0] ?? 1, index: places[i]?.[1] ?? 0 };
  });
};

const overTwoPages: SheetSegmentation = {
  answers: [
    {
      number: '1',
      text: 'a key\nword here',
      words: words('a key\nword here', [
        [1, 1],
        [1, 2],
        [2, 0],
        [2, 1],
      ]),
    },
  ],
  unassigned: [],
};

describe('gradeSheet', () => {
  it('shows evidence over a page break as one item a page, with the boxes of its words and its part of the quote', async () => {
    const pages = [page(1, '1. a key'), page(2, 'word here')];
    const grade = await gradeSheet({
      pages,
      questions: [question('1', 1)],
      segmentation: overTwoPages,
      grader: quotingGrader('key\nword'),
      reviewBelow: 0.8,
    });
    const [result] = grade.questions;
    expect(result?.criteria[0]?.evidence).toEqual([
      { text: 'key', page: 1, box: [200, 40, 50, 20] },
      { text: 'word', page: 2, box: [0, 40, 50, 20] },
    ]);
    expect(result?.regions).toEqual([
      { page: 1, box: [100, 40, 150, 20] },
      { page: 2, box: [0, 40, 150, 20] },
    ]);
    expect(grade).toMatchObject({ score: 2, maxScore: 2, needsReview: false });
  });

  it('tells the grader which words the reading was unsure of', async () => {
    const unsure = page(2, 'word here');
    for (const word of unsure.words.slice(0, 1)) word.confidence = 0.4;
    const grader = quotingGrader('word');
    await gradeSheet({
      pages: [page(1, '1. a key'), unsure],
      questions: [question('1', 1)],
      segmentation: overTwoPages,
      grader,
      reviewBelow: 0.8,
    });
    expect(grader.asked[0]?.uncertainWords).toEqual([{ start: 6, end: 10, confidence: 0.4 }]);
  });

  const one = { number: '1', text: 'word', words: words('word', [[1, 1]]) };
  const both = [question('1', 1), question('2', 2)];

  it('gives 0 without review for a question that a cleanly read sheet does not answer, and does not ask the grader', async () => {
    const grader = quotingGrader('word');
    const grade = await gradeSheet({
      pages: [page(1, '1. word')],
      questions: both,
      segmentation: { answers: [one], unassigned: [] },
      grader,
      reviewBelow: 0.8,
    });
    expect(grade.questions[1]).toMatchObject({ score: 0, needsReview: false, reviewReasons: ['BLANK'], answerText: '', regions: [] });
    expect(grade.needsReview).toBe(false);
    expect(grader.asked).toHaveLength(1);
  });

  it.each<[string, PageReading[], Partial<SheetSegmentation>, string[]]>([
    [
      'there is much text that belongs to no question',
      [page(1, `${'lorem '.repeat(14)}1. word`)],
      { unassigned: [{ page: 1, from: 0, to: 14 }] },
      ['BLANK', 'UNASSIGNED_TEXT'],
    ],
    ['the reading of a page is doubted', [page(1, '1. word', { doubts: ['INK_NOT_READ'] })], {}, ['BLANK', 'OCR_UNCERTAIN']],
    ['the split is doubtful', [page(1, '1. word')], { doubtful: ['1'] }, ['BLANK']],
  ])('sends an unanswered question to a person when %s', async (_, pages, extra, reasons) => {
    const segmentation = { answers: [one], unassigned: [], ...extra };
    const grade = await gradeSheet({ pages, questions: both, segmentation, grader: quotingGrader('word'), reviewBelow: 0.8 });
    expect(grade.questions[1]).toMatchObject({ needsReview: true, reviewReasons: reasons });
  });

  it('sends answers that stand on a doubted page, or may go on there, to a person, and no others', async () => {
    const on = (number: string, page: number, index: number) => ({ number, text: 'word', words: words('word', [[page, index]]) });
    const questions = ['1', '2', '3', '4'].map((number, index) => question(number, index + 1));
    const grade = await gradeSheet({
      pages: [page(1, '1. word 2. word'), page(2, '3. word', { doubts: ['LOW_CONFIDENCE'] }), page(3, '4. word')],
      questions,
      segmentation: { answers: [on('1', 1, 1), on('2', 1, 3), on('3', 2, 1), on('4', 3, 1)], unassigned: [] },
      grader: quotingGrader('word'),
      reviewBelow: 0.8,
    });
    expect(grade.questions.map(({ reviewReasons }) => reviewReasons)).toEqual([[], ['OCR_UNCERTAIN'], ['OCR_UNCERTAIN'], []]);
    expect(grade.questions.map(({ needsReview }) => needsReview)).toEqual([false, true, true, false]);
  });

  it('sends every question to a person when a page is unreadable', async () => {
    const pages = [page(1, '1. word'), page(2, '', { failure: 'broken', engine: 'unreadable', confidence: 0 })];
    const grade = await gradeSheet({
      pages,
      questions: both,
      segmentation: { answers: [one], unassigned: [] },
      grader: quotingGrader('word'),
      reviewBelow: 0.8,
    });
    expect(grade.questions.map((result) => [result.needsReview, result.reviewReasons.includes('OCR_UNCERTAIN')])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('believes no blank on a sheet without a word, and shows text that belongs to nobody', async () => {
    const empty = await gradeSheet({
      pages: [page(1, '')],
      questions: both,
      segmentation: { answers: [], unassigned: [] },
      grader: quotingGrader(''),
      reviewBelow: 0.8,
    });
    expect(empty.questions.every((result) => result.needsReview)).toBe(true);
    const loose = await gradeSheet({
      pages: [page(1, 'my answer')],
      questions: both,
      segmentation: { answers: [], unassigned: [{ page: 1, from: 0, to: 2 }] },
      grader: quotingGrader(''),
      reviewBelow: 0.8,
    });
    expect(loose.unassigned).toEqual([{ page: 1, box: [0, 40, 150, 20], text: 'my answer' }]);
    expect(loose.questions[0]?.reviewReasons).toContain('UNASSIGNED_TEXT');
  });
});

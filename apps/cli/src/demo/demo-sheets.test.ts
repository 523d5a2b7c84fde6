import { createOfflineGrader, type SheetGrade } from '@gradeflow/grading';
import type { ReadingPool } from '@gradeflow/reading';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAnswerKey } from '../documents/answer-key.ts';
import { gradeDocument } from '../documents/grade-document.ts';
import { createLocalPool, readDocument } from '../documents/read-document.ts';
import { demoAsset, demoSheets } from './demo-sheets.ts';

let pool: ReadingPool;
beforeAll(async () => {
  ({ pool } = await createLocalPool());
});
afterAll(() => pool.close());

async function grade(file: string): Promise<SheetGrade & { engines: string[] }> {
  const questions = await readAnswerKey(demoAsset('key.json'));
  const document = await readDocument({ pool, file: demoAsset(file), languages: ['eng'], concurrency: 1 });
  return {
    ...(await gradeDocument(document, { questions, grader: createOfflineGrader(), reviewBelow: 0.8 })),
    engines: document.pages.map((page) => page.engine),
  };
}

describe('the demo sheets', () => {
  it.each(demoSheets.map((sheet) => [sheet.file, sheet.expected] as const))(
    '%s is read by OCR and gets the marks that it must get',
    async (file, expected) => {
      const result = await grade(file);
      expect(result.engines).toEqual([expect.stringContaining('tesseract')]);
      expect(Object.fromEntries(result.questions.map(({ number, score }) => [number, score]))).toEqual(expected);
    },
    60_000,
  );

  it('sheet-1.pdf needs nobody, and shows the words that decided', async () => {
    const result = await grade('sheet-1.pdf');
    expect(result.questions.filter((question) => question.needsReview).map(({ number, reviewReasons }) => [number, reviewReasons])).toEqual(
      [],
    );
    const oil = result.questions.find(({ number }) => number === '5')?.criteria.find(({ criterionId }) => criterionId === 'lubricant');
    expect(oil?.evidence).toEqual([{ text: 'oil', page: 1, box: expect.any(Array) }]);
  }, 60_000);
});

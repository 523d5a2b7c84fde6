import { createLogger } from '@gradeflow/logger';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLanguagesOf } from '../languages-of.ts';
import { createOcrTest, type OcrTest, type UploadedFile } from '../testing/ocr-test.ts';

const patient = 120_000;
let test: OcrTest;
beforeAll(async () => {
  test = await createOcrTest();
});
afterAll(() => test.close());

const print: UploadedFile = { fixture: 'phototest.tif', mediaType: 'image/tiff', pages: 1 };
const photo: UploadedFile = { fixture: 'exif-90.jpg', mediaType: 'image/jpeg', pages: 1 };
const emptyPdf: UploadedFile = { fixture: 'owner-password.pdf', mediaType: 'application/pdf', pages: 1 };

const stageOf = (id: string, status: string) =>
  waitFor(async () => [await test.findStage(id)].find((stage) => stage?.status === status), {
    timeoutMs: patient,
    what: `extract ${status}`,
  });

describe('extract-sheet', () => {
  it(
    'has every page of every file read in the order of the upload, and accounts for one that is not there',
    async () => {
      const id = await test.accept([print, { ...emptyPdf, pages: 2 }, photo]);
      await test.enqueue(id);
      expect(await stageOf(id, 'COMPLETED')).toMatchObject({ pagesTotal: 4, pagesDone: 4, reason: null });
      const pages = await Promise.all([1, 2, 3, 4].map((page) => test.spool.findPage(id, page)));
      expect(pages.map((page) => page?.number)).toEqual([1, 2, 3, 4]);
      expect(pages[0]?.text).toMatch(/^This is a lot of 12 point text/);
      expect(pages[1]).toMatchObject({ engine: 'blank', confidence: 1 });
      expect(pages[2]).toMatchObject({ engine: 'unreadable', confidence: 0, failure: 'Page 2 of the PDF is broken or not there.' });
      expect(pages[3]).toMatchObject({ text: 'Tesseract.js', rotation: 90 });
      expect(await test.spool.findPagePicture(id, 4)).toMatch(/4\.webp$/);
    },
    patient,
  );

  it(
    'reads only what is missing, and leaves what is there as it is',
    async () => {
      const id = await test.accept([emptyPdf, photo]);
      const before = {
        number: 1,
        width: 1,
        height: 1,
        text: 'read before',
        confidence: 1,
        engine: 'text-layer',
        rotation: 0,
        words: [],
        failure: null,
      };
      await test.spool.writePage(id, before, null);
      await test.enqueue(id);
      await stageOf(id, 'COMPLETED');
      expect(await test.spool.findPage(id, 1)).toEqual(before);
      expect((await test.spool.findPage(id, 2))?.text).toBe('Tesseract.js');
    },
    patient,
  );

  it(
    'fails in words when not one page can be read, and writes nothing that would stand in the way of a retry',
    async () => {
      const id = await test.accept([{ fixture: 'broken.pdf', mediaType: 'application/pdf', pages: 2 }]);
      await test.enqueue(id);
      expect(await stageOf(id, 'FAILED')).toMatchObject({
        reason: expect.stringMatching(/^No page of the sheet could be read\. The PDF cannot be opened/),
      });
      expect(await test.spool.listPages(id)).toEqual([]);
    },
    patient,
  );

  it(
    'reads nothing of a deleted submission',
    async () => {
      const id = await test.accept([photo]);
      await test.spool.markDeleted(id);
      await test.enqueue(id);
      await stageOf(id, 'COMPLETED');
      expect(await test.spool.listPages(id)).toEqual([]);
    },
    patient,
  );
});

describe('the languages of a sheet', () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const assessmentId = 'a';
  const assessment = (languages: string[]) => ({ languages }) as Awaited<ReturnType<OcrTest['database']['assessments']['find']>>;

  it('are its assessment’s, asked once', async () => {
    let asked = 0;
    const find = async () => assessment([`l${++asked}`]);
    const languagesOf = createLanguagesOf({ assessments: { find }, fallback: ['eng'], log });
    expect([await languagesOf({ assessmentId }), await languagesOf({ assessmentId })]).toEqual([['l1'], ['l1']]);
  });

  it('are the configured ones while Postgres is silent, fails, or does not know the assessment', async () => {
    const finds = [() => new Promise<never>(() => {}), () => Promise.reject(new Error('away')), async () => null];
    for (const find of finds)
      expect(await createLanguagesOf({ assessments: { find }, fallback: ['deu'], log, deadlineMs: 20 })({ assessmentId })).toEqual(['deu']);
  });
});

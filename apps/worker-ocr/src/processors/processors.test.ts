import { randomUUID } from 'node:crypto';
import { type Manifest, type PageReading, readPage } from '@gradeflow/contracts';
import { createLogger } from '@gradeflow/logger';
import { jobIdOf } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLanguagesOf } from '../languages-of.ts';
import { createOcrTest, type OcrTest, type UploadedFile } from '../testing/ocr-test.ts';
import { createExtractSheet } from './extract-sheet.ts';

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
        lines: [],
        doubts: [],
        contentHash: null,
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
    'fails by name where the language of the assessment is not installed, and keeps its pages for when it is',
    async () => {
      const { id: other } = await test.database.assessments.insert(
        { ...test.school.assessment, id: randomUUID(), languages: ['tlh'] },
        null,
      );
      const id = await test.accept([emptyPdf, photo], null, other);
      await test.enqueue(id);
      expect((await stageOf(id, 'FAILED'))?.reason).toMatch(/no OCR data for "tlh" on this machine: run `gradeflow languages add tlh`/);
      await waitFor(async () => (await test.database.submissions.find(id))?.reasonCode === 'OCR_LANGUAGE_MISSING', { what: 'the reason' });
      expect(await test.spool.listPages(id)).toEqual([1]);
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

describe('a page that the volume did not take', () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const payload = { submissionId: '01a1fec6-9a33-7563-ab8a-947510253f4f', run: 1 };
  const context = { payload, jobId: 'job', attempt: 1, signal: new AbortController().signal, log };
  const pdf: Manifest['files'][number] = {
    path: 'original/1.pdf',
    name: 'a.pdf',
    mediaType: 'application/pdf',
    bytes: 1,
    sha256: '0'.repeat(64),
    pages: 2,
  };

  it.each(['INSUFFICIENT_STORAGE', 'SPOOL_NOT_WRITABLE', 'SPOOL_UNAVAILABLE'])(
    'is left for the next run and not put down as unreadable (%s)',
    async (code) => {
      const written: number[] = [];
      const read = { number: 1, engine: 'text-layer' } as PageReading;
      const extract = createExtractSheet({
        spool: {
          isDeleted: async () => false,
          findManifest: async () => ({ files: [pdf] }) as Manifest,
          findPage: async (_id, page) => (page === 1 ? read : null),
          listPages: async () => [1],
          writePage: async (_id, page) => void written.push(page.number),
        },
        stages: { setPages: async () => {} },
        pages: { listAll: async () => [] },
      });
      const failed = { [jobIdOf(readPage, payload.submissionId, payload.run, 2)]: `${code}: The volume for uploads is full.` };
      await expect(extract.collect(context, { completed: 1, failed })).rejects.toMatchObject({
        code,
        message: 'The volume for uploads is full.',
        retryable: false,
      });
      expect(written).toEqual([]);
    },
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

  it('are waited for as long as the first query of a busy machine takes', async () => {
    const find = () => new Promise<ReturnType<typeof assessment>>((resolve) => setTimeout(() => resolve(assessment(['deu'])), 600));
    expect(await createLanguagesOf({ assessments: { find }, fallback: ['eng'], log })({ assessmentId })).toEqual(['deu']);
  });

  it('are the configured ones while Postgres is silent, fails, or does not know the assessment', async () => {
    const finds = [() => new Promise<never>(() => {}), () => Promise.reject(new Error('away')), async () => null];
    for (const find of finds)
      expect(await createLanguagesOf({ assessments: { find }, fallback: ['deu'], log, deadlineMs: 20 })({ assessmentId })).toEqual(['deu']);
  });
});

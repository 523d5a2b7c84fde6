import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newSubmissionOf } from '@gradeflow/database';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeBoxesPdf } from '../testing/boxes-pdf.ts';
import { createOcrTest, type OcrTest, type UploadedFile } from '../testing/ocr-test.ts';

const patient = 60_000;
let test: OcrTest;
/** Where the engine of these tests is steered and watched. */
let engine: Awaited<ReturnType<typeof createTempDir>>;
beforeAll(async () => {
  engine = await createTempDir();
  const engineModule = new URL('../testing/watched-engine.ts', import.meta.url).href;
  test = await createOcrTest({ pool: { engineModule, ocrDataDir: engine.path } });
});
afterAll(async () => {
  await test.close();
  await engine.remove();
});
const steer = (name: string) => path.join(engine.path, name);
beforeEach(() => Promise.all(['calls', 'crash', 'hold'].map((name) => rm(steer(name), { force: true }))));

/** Process and longer side in pixels of every page that the engine was given, in their order. */
async function calls(): Promise<Array<{ pid: string; side: number }>> {
  const text = existsSync(steer('calls')) ? await readFile(steer('calls'), 'utf8') : '';
  return text.split('\n').flatMap((line) => (line === '' ? [] : [{ pid: line.split(' ')[0] ?? '', side: Number(line.split(' ')[1]) }]));
}

const boxes = async (...sides: number[]): Promise<UploadedFile> => ({
  ...{ fixture: 'boxes.pdf', mediaType: 'application/pdf', pages: sides.length, bytes: await makeBoxesPdf(sides) },
});
const emptyPdf: UploadedFile = { fixture: 'owner-password.pdf', mediaType: 'application/pdf', pages: 1 };
const stageOf = (id: string, status: string) =>
  waitFor(async () => [await test.findStage(id)].find((stage) => stage?.status === status), {
    timeoutMs: patient,
    what: `extract ${status}`,
  });

async function readAll(files: UploadedFile[]): Promise<string> {
  const id = await test.accept(files);
  await test.enqueue(id);
  await stageOf(id, 'COMPLETED');
  return id;
}

describe('a file that crashes the process that reads it', () => {
  it(
    'is in quarantine after three; its pages are accounted for and other files are read',
    async () => {
      await writeFile(steer('crash'), '');
      const id = await readAll([await boxes(210, 220, 230), emptyPdf]);
      const pages = await Promise.all([1, 2, 3, 4].map((page) => test.spool.findPage(id, page)));
      const failure = 'File 1 of the upload is in quarantine: it ended the process that read it 3 times.';
      for (const page of pages.slice(0, 3)) expect(page).toMatchObject({ engine: 'unreadable', failure });
      expect(pages[3]).toMatchObject({ engine: 'blank', failure: null });
      // Two pages are read at once: while one ends the third process, another may be ending a fourth.
      expect((await calls()).length).toBeLessThanOrEqual(4);
      expect(await test.spool.countCrashes(id, 0)).toBe((await calls()).length);
    },
    patient,
  );

  it(
    'fails its submission in words when there is nothing else, stays in quarantine in a new run, and is tried again when a person wants it',
    async () => {
      await writeFile(steer('crash'), '');
      const id = await test.accept([await boxes(240)]);
      await test.enqueue(id);
      const reason =
        'No page of the sheet could be read. File 1 of the upload is in quarantine: it ended the process that read it 3 times.';
      expect(await stageOf(id, 'FAILED')).toMatchObject({ reason });
      expect(await calls()).toHaveLength(3);
      await test.database.submissions.nextRun(id, { fromFailed: true, stages: ['extract'] });
      await test.enqueue(id, 2);
      expect(await stageOf(id, 'FAILED')).toMatchObject({ reason });
      expect(await calls()).toHaveLength(3);
      await rm(steer('crash'));
      await test.spool.forgetCrashes(id);
      await test.database.submissions.nextRun(id, { fromFailed: true, stages: ['extract'] });
      await test.enqueue(id, 3);
      await stageOf(id, 'COMPLETED');
      expect(await test.spool.findPage(id, 1)).toMatchObject({ text: 'answer' });
    },
    patient,
  );
});

describe('the same page', () => {
  /** The last write of grading, which is where pages come into the database. */
  const recordPages = async (id: string) => {
    const fence = (await test.database.submissions.takeFence(id)) ?? 0;
    const page = await test.spool.findPage(id, 1);
    const pages = page ? [page] : [];
    await test.database.gradings.saveMachineGrading({
      submissionId: id,
      run: 1,
      fence,
      pages,
      status: 'NEEDS_REVIEW',
      waitingCause: 'test',
      grading: null,
    });
    return page;
  };

  it(
    'is read once within an upload, also when both are read at the same time',
    async () => {
      const file = await boxes(250);
      const id = await readAll([file, file, file]);
      expect(await calls()).toHaveLength(1);
      const pages = await Promise.all([1, 2, 3].map((page) => test.spool.findPage(id, page)));
      expect(pages.map((page) => [page?.number, page?.text, page?.engine])).toEqual(
        [1, 2, 3].map((number) => [number, 'answer', 'watched 1']),
      );
      expect(pages[2]?.words).toEqual(pages[0]?.words);
    },
    patient,
  );

  it(
    'is read once over uploads of an institution, and again when the earlier one is deleted',
    async () => {
      const file = await boxes(260);
      const first = await readAll([file]);
      await test.database.submissions.record(newSubmissionOf(await test.spool.getManifest(first)));
      const page = await recordPages(first);
      await readAll([file]);
      expect(await calls()).toHaveLength(1);
      expect(await test.database.pages.findByContentHash(randomUUID(), page?.contentHash ?? '')).toBeNull();
      await test.database.submissions.markDeleted(first);
      await readAll([file]);
      expect(await calls()).toHaveLength(2);
    },
    patient,
  );
});

describe('a document of many pages', () => {
  it(
    'is read in the order of its pages by all workers at once, and the first page is there before the last is read',
    async () => {
      const peer = test.startPeer();
      try {
        await writeFile(steer('hold'), '');
        const id = await test.accept([await boxes(300, 310, 320, 330, 340, 350, 360)]);
        await test.enqueue(id);
        // Two go through and four are held: more than one worker has at once.
        await waitFor(async () => (await calls()).length === 6, { timeoutMs: patient, what: 'four pages in four processes' });
        await waitFor(async () => (await test.spool.listPages(id)).length === 2, { timeoutMs: patient, what: 'two pages' });
        const held = (await calls()).slice(2);
        expect(new Set(held.map(({ pid }) => pid)).size).toBe(4);
        expect(Math.max(...(await test.spool.listPages(id)))).toBeLessThan(7);
        await rm(steer('hold'));
        await stageOf(id, 'COMPLETED');
        expect(await test.spool.listPages(id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
        const given = (await calls()).map(({ side }) => side);
        // The largest page is the last one; it was begun last, and no page twice.
        expect(given.at(-1)).toBe(Math.max(...given));
        expect(new Set(given).size).toBe(7);
      } finally {
        await rm(steer('hold'), { force: true });
        await peer.close();
      }
    },
    patient,
  );

  it(
    'gives the pages of a worker that stops in the middle to another, which reads them anew',
    async () => {
      const peer = test.startPeer();
      await writeFile(steer('hold'), '');
      const sides = [400, 410, 420, 430, 440, 450];
      const id = await test.accept([await boxes(...sides)]);
      await test.enqueue(id);
      await waitFor(async () => (await calls()).length === 6, { timeoutMs: patient, what: 'four held pages' });
      await waitFor(async () => (await test.spool.listPages(id)).length === 2, { timeoutMs: patient, what: 'two pages' });
      // Ends although its engine answers nothing: by its deadline, with its pages given back.
      await peer.close();
      expect(await test.spool.listPages(id)).toHaveLength(2);
      await rm(steer('hold'));
      expect(await stageOf(id, 'COMPLETED')).toMatchObject({ attempts: 1 });
      expect(await test.spool.listPages(id)).toEqual([1, 2, 3, 4, 5, 6]);
      const pages = await Promise.all([1, 2, 3, 4, 5, 6].map((page) => test.spool.findPage(id, page)));
      expect(pages.map((page) => page?.text)).toEqual(Array.from(sides, () => 'answer'));
      // Two of the four that were held were the peer's.
      expect(await calls()).toHaveLength(8);
    },
    patient,
  );
});

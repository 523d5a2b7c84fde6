import { randomUUID } from 'node:crypto';
import { type Manifest, PageReading } from '@gradeflow/contracts';
import { createLogger } from '@gradeflow/logger';
import type { VisionReader } from '@gradeflow/reading';
import { type FakeOpenAi, type FakeReply, startFakeOpenAi, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createImproveByModel } from './improve-by-model.ts';
import { createPeopleOf } from './people-of.ts';
import { startVision } from './start-vision.ts';
import { createOcrTest, type OcrTest, type UploadedFile } from './testing/ocr-test.ts';
import { visionEnv } from './vision-env.ts';

const patient = 30_000;
const photo: UploadedFile = { fixture: 'exif-90.jpg', mediaType: 'image/jpeg', pages: 1 };
const onePixel = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
const transcript = (text: string): FakeReply => ({ kind: 'content', content: JSON.stringify({ lines: [{ text, confidence: 1 }] }) });

function pageOf(number: number, doubts: PageReading['doubts']): PageReading {
  const words = ['Force', 'equals', 'mass'].map((text, index) => ({ text, confidence: 0.6, box: [index * 60, 10, 50, 20], line: 0 }));
  return PageReading.parse({
    number,
    width: 200,
    height: 300,
    text: 'Force equals mass',
    confidence: 0.6,
    engine: 'e',
    rotation: 0,
    words,
    doubts,
  });
}

let fake: FakeOpenAi;
let test: OcrTest;
let reply: FakeReply;
let doubtful: number[];
beforeAll(async () => {
  fake = await startFakeOpenAi(() => reply);
  test = await createOcrTest({
    readingPool: {
      readPage: async ({ number }) => ({ reading: pageOf(number, doubtful.includes(number) ? ['HANDWRITING'] : []), picture: onePixel }),
    },
    visionEnv: { OPENAI_BASE_URL: fake.baseURL, OPENAI_API_KEY: 'k', OCR_VISION_MODEL: 'eyes', OCR_VISION_MAX_PAGES: '2' },
  });
});
afterAll(async () => {
  await test.close();
  await fake.close();
});
beforeEach(() => {
  fake.requests.length = 0;
});

/** The pages of an upload of so many photos, read to the end. */
async function read(photos: number): Promise<Array<PageReading | null>> {
  const id = await test.accept(Array.from({ length: photos }, () => photo));
  await test.enqueue(id);
  await waitFor(async () => (await test.findStage(id))?.status === 'COMPLETED', { timeoutMs: patient, what: 'extract COMPLETED' });
  return Promise.all(Array.from({ length: photos }, (_, index) => test.spool.findPage(id, index + 1)));
}

describe('a worker with a vision model', () => {
  it('sends a doubtful page to it and writes down what both read; a good page stays in the house', async () => {
    doubtful = [1];
    reply = transcript('Force equals mass.');
    const [sent, good] = await read(2);
    expect(fake.requests).toHaveLength(1);
    expect(fake.requests[0]?.messages[1]?.images).toHaveLength(1);
    expect(sent).toMatchObject({ text: 'Force equals mass.', doubts: [], engine: 'e + vision eyes' });
    expect(good).toEqual(pageOf(2, []));
  });

  it('sends no more pages of an upload than allowed, and keeps the doubts of all that it could not settle', async () => {
    doubtful = [1, 2, 3];
    reply = { kind: 'refusal' };
    const pages = await read(3);
    expect(fake.requests).toHaveLength(2);
    expect(pages).toEqual([1, 2, 3].map((number) => pageOf(number, ['HANDWRITING'])));
  });
});

describe('a page is not sent', () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const reading = pageOf(1, ['LOW_CONFIDENCE']);
  const about = {
    manifest: { submissionId: randomUUID() } as Manifest,
    languages: ['eng'],
    leftMs: 60_000,
    signal: new AbortController().signal,
    log,
  };

  /** Number of calls of the model for one doubtful page. */
  async function callsWith(deps: Partial<Parameters<typeof createImproveByModel>[0]>, leftMs = 60_000, page = reading): Promise<number> {
    let calls = 0;
    const vision: VisionReader = {
      model: 'eyes',
      improve: async () => ({ reading: { ...reading, text: `${++calls}` }, outcome: { kind: 'kept', reason: 'x' } }),
    };
    const spool = { isDeleted: async () => false, claimTurn: async () => true };
    const improve = createImproveByModel({ vision, spool, peopleOf: async () => [], maxPages: 1, ...deps });
    const improved = await improve({ reading: page, picture: onePixel }, { ...about, leftMs });
    if (calls === 0) expect(improved).toBe(page);
    return calls;
  }

  it('unless nothing speaks against it', async () => {
    expect(await callsWith({})).toBe(1);
  });

  it('when it was read well, or when what is known of the same pixels is a model’s already', async () => {
    expect(await callsWith({}, 60_000, pageOf(1, []))).toBe(0);
    expect(await callsWith({}, 60_000, { ...reading, engine: 'e + vision eyes' })).toBe(0);
  });

  it('when the names to paint out cannot be asked for', async () => {
    expect(await callsWith({ peopleOf: () => Promise.reject(new Error('Postgres is away')) })).toBe(0);
  });

  it('when the submission is deleted, has had its turns, or no time is left', async () => {
    expect(await callsWith({ spool: { isDeleted: async () => true, claimTurn: async () => true } })).toBe(0);
    expect(await callsWith({ spool: { isDeleted: async () => false, claimTurn: async () => false } })).toBe(0);
    expect(await callsWith({}, 500)).toBe(0);
  });
});

describe('the people whose page it may be', () => {
  it('are the student, else the course; nobody for a question paper; an error for what is not known', async () => {
    const { school, database } = test;
    const peopleOf = createPeopleOf({ ...database, deadlineMs: 10_000 });
    const manifest = { assessmentId: school.assessment.id, studentId: null } as Manifest;
    const names = async (given: Partial<Manifest>) => (await peopleOf({ ...manifest, ...given })).map(({ name }) => name);
    expect(await names({ studentId: school.people.outsideStudent })).toEqual(['Otto Outside']);
    expect(await names({})).toEqual(['Sam Student']);
    expect(await names({ purpose: 'question-paper' })).toEqual([]);
    await expect(names({ studentId: randomUUID() })).rejects.toThrow('not known');
    await expect(names({ assessmentId: randomUUID() })).rejects.toThrow('not known');
  });

  it('make no call when Postgres is silent', async () => {
    const silent = { find: () => new Promise<never>(() => {}) };
    const peopleOf = createPeopleOf({ users: silent, assessments: silent, courses: { listStudents: async () => [] }, deadlineMs: 20 });
    await expect(peopleOf({ studentId: randomUUID() } as Manifest)).rejects.toThrow('20 ms');
  });
});

describe('the environment', () => {
  const parse = (env: Record<string, string>) => z.object(visionEnv).parse(env);
  const start = (env: Record<string, string>) => startVision(parse(env), test);

  it('turns the model on by its name alone', async () => {
    expect(await start({ OPENAI_BASE_URL: fake.baseURL, OPENAI_API_KEY: 'k' })).toBeUndefined();
    expect(await start({ OPENAI_BASE_URL: fake.baseURL, OCR_VISION_MODEL: 'eyes' })).toBeInstanceOf(Function);
    await expect(start({ OCR_VISION_MODEL: 'eyes' })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(fake.requests).toEqual([]);
  });

  it('names areas that are never shown', () => {
    expect(parse({ OCR_VISION_HIDE: '0,0,1,0.12; 0.5,0.9,0.5,0.1' }).OCR_VISION_HIDE).toEqual([
      [0, 0, 1, 0.12],
      [0.5, 0.9, 0.5, 0.1],
    ]);
    for (const wrong of ['0,0,1', '0,0,1,1.2', 'top']) expect(() => parse({ OCR_VISION_HIDE: wrong })).toThrow('expects x,y,width,height');
  });
});

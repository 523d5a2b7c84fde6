import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { extractSheet, type Manifest, type MediaType, readPage } from '@gradeflow/contracts';
import { createStageObserver } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createProducer, createWorkerGroup } from '@gradeflow/queue';
import { createReadingPool, type ReadingPool, type ReadingPoolOptions } from '@gradeflow/reading';
import { createSpool } from '@gradeflow/spool';
import { createTempDir, createTestDatabase, seedSchool, testRedis } from '@gradeflow/testing';
import { z } from 'zod';
import { createLanguagesOf } from '../languages-of.ts';
import { createExtractSheet } from '../processors/extract-sheet.ts';
import { createReadPage } from '../processors/read-page.ts';
import { startVision } from '../start-vision.ts';
import { visionEnv } from '../vision-env.ts';

/** A file of test/fixtures/ocr as part of an upload. */
export interface UploadedFile {
  fixture: string;
  /** Instead of the fixture's. */
  bytes?: Buffer;
  mediaType: MediaType;
  pages: number;
}

const fixtureFolder = new URL('../../../../test/fixtures/ocr/', import.meta.url);

/** The two workers of this app on a real Redis and database, as main.ts starts them, with a spool in a temporary folder. */
export async function createOcrTest(
  options: { readingPool?: Pick<ReadingPool, 'readPage'>; pool?: Partial<ReadingPoolOptions>; visionEnv?: Record<string, string> } = {},
) {
  const [folder, testDatabase] = await Promise.all([createTempDir(), createTestDatabase()]);
  const { database } = testDatabase;
  const school = await seedSchool(database);
  const log = createLogger({ name: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const spool = createSpool({ root: path.join(folder.path, 'spool') });
  await spool.prepare();
  const poolOptions = { size: 2, limits: { maxPages: 500, maxPagePixels: 100_000_000 }, timeoutMs: 60_000, ...options.pool };
  const pool = createReadingPool(poolOptions);
  const readingPool = options.readingPool ?? pool;
  const improveByModel = await startVision(z.object(visionEnv).parse(options.visionEnv ?? {}), { spool, database });
  const queue = { ...testRedis(), log };
  const producer = createProducer(queue);
  const workers = createWorkerGroup(queue);
  const languagesOf = createLanguagesOf({ assessments: database.assessments, fallback: ['eng'], log, deadlineMs: 5_000 });
  const extract = createExtractSheet({ spool, stages: database.stages, pages: database.pages });
  workers.start(extractSheet, extract, { concurrency: 8, observer: createStageObserver({ ...database, spool }, 'extract') });
  const readPageDeps = { spool, stages: database.stages, pages: database.pages, readingPool, languagesOf, improveByModel };
  workers.start(readPage, createReadPage(readPageDeps), { concurrency: 2 });

  /** Another worker for pages, with a pool of its own, as on a second machine. */
  const startPeer = () => {
    const [peerPool, peer] = [createReadingPool(poolOptions), createWorkerGroup(queue)];
    peer.start(readPage, createReadPage({ ...readPageDeps, readingPool: peerPool }), { concurrency: 2 });
    return { close: () => Promise.all([peer.close(5_000), peerPool.close()]) };
  };

  /** Puts an upload of these files into the spool, as the gateway does. */
  const accept = async (
    uploaded: UploadedFile[],
    studentId: string | null = null,
    assessmentId = school.assessment.id,
  ): Promise<string> => {
    const submissionId = randomUUID();
    const entry = await spool.begin(submissionId);
    const files: Manifest['files'] = [];
    for (const [index, { fixture, bytes: given, mediaType, pages }] of uploaded.entries()) {
      const bytes = given ?? (await readFile(fileURLToPath(new URL(fixture, fixtureFolder))));
      await entry.receiveFile(index, Readable.from([bytes]), { maxBytes: 1e8 });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      files.push({ path: `original/${index + 1}${path.extname(fixture)}`, name: fixture, mediaType, bytes: bytes.length, sha256, pages });
    }
    await entry.commit({
      ...{ submissionId, institutionId: school.institutionId, userId: school.people.teacher, userRole: 'TEACHER' },
      ...{ assessmentId, studentId, label: null, acceptedAt: new Date().toISOString(), requestId: 'test' },
      ...{ pagesTotal: files.reduce((sum, { pages }) => sum + pages, 0), files },
    });
    return submissionId;
  };

  return {
    school,
    spool,
    database,
    accept,
    startPeer,
    enqueue: (submissionId: string, run = 1) => producer.enqueueSubmission({ submissionId, run }),
    findStage: async (submissionId: string) => {
      const { stages, pagesTotal, pagesDone } = await database.stages.list(submissionId);
      const stage = stages.find(({ name }) => name === 'extract');
      return stage ? { ...stage, pagesTotal, pagesDone } : undefined;
    },
    close: async () => {
      await workers.close(5_000);
      await Promise.all([pool.close(), producer.close()]);
      await testDatabase.drop();
      await folder.remove();
    },
  };
}

export type OcrTest = Awaited<ReturnType<typeof createOcrTest>>;

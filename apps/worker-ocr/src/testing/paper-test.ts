import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import { extractPaper, type Manifest, readPage } from '@gradeflow/contracts';
import { createPaperObserver, createRecordQuestionPaper, type RecordQuestionPaper } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createProducer, createWorkerGroup } from '@gradeflow/queue';
import { createReadingPool } from '@gradeflow/reading';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createTempDir, createTestDatabase, seedSchool, testRedis, waitFor } from '@gradeflow/testing';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { createExtractPaper } from '../processors/extract-paper.ts';
import { createReadPage } from '../processors/read-page.ts';

/** A born-digital PDF; each page is its lines, marks in square brackets at the right margin. */
export async function typedPaper(pages: string[][]): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.TimesRoman);
  for (const lines of pages) {
    const page = pdf.addPage([595, 842]);
    for (const [index, line] of lines.entries()) {
      const [, text = line, mark = ''] = /^(.*?)\s*(\[\d+\])?$/.exec(line) ?? [];
      const y = 780 - 24 * index;
      page.drawText(text, { x: 60, y, size: 11, font });
      if (mark) page.drawText(mark, { x: 510, y, size: 11, font });
    }
  }
  return Buffer.from(await pdf.save({ useObjectStreams: false }));
}

/** The workers of question papers on a real Redis and database, as main.ts starts them, with spool and storage in a temporary folder. */
export async function createPaperTest() {
  const [folder, testDatabase] = await Promise.all([createTempDir(), createTestDatabase()]);
  const { database } = testDatabase;
  const { stages, questionPapers } = database;
  const school = await seedSchool(database);
  const log = createLogger({ name: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const spool = createSpool({ root: path.join(folder.path, 'spool') });
  await spool.prepare();
  const storage = createFileStorage({ root: path.join(folder.path, 'storage') });
  const readingPool = createReadingPool({ size: 2, limits: { maxPages: 500, maxPagePixels: 100_000_000 }, timeoutMs: 60_000 });
  const queue = { ...testRedis(), log };
  const producer = createProducer(queue);
  const workers = createWorkerGroup(queue);
  /** A test may replace it, for a Postgres that is away. */
  const seams: { record: RecordQuestionPaper } = { record: createRecordQuestionPaper(database) };
  const deps = { spool, storage, stages, questionPapers, readingPool };
  workers.start(extractPaper, createExtractPaper({ ...deps, recordQuestionPaper: (manifest) => seams.record(manifest) }), {
    concurrency: 4,
    observer: createPaperObserver({ stages, questionPapers, spool }),
  });
  workers.start(readPage, createReadPage({ spool, stages, pages: database.pages, readingPool, languagesOf: async () => ['eng'] }), {
    concurrency: 2,
  });

  /** Puts a paper into the spool, as the gateway does. */
  const accept = async (bytes: Buffer, pages: number, over: Partial<Manifest> = {}): Promise<string> => {
    const id = randomUUID();
    const entry = await spool.begin(id);
    await entry.receiveFile(0, Readable.from([bytes]), { maxBytes: 1e8 });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await entry.commit({
      ...{ submissionId: id, purpose: 'question-paper', institutionId: school.institutionId, userId: school.people.teacher },
      ...{ userRole: 'TEACHER', assessmentId: school.assessment.id, studentId: null, label: null, requestId: 'test' },
      ...{ acceptedAt: new Date().toISOString(), pagesTotal: pages },
      files: [{ path: 'original/1.pdf', name: 'paper.pdf', mediaType: 'application/pdf', bytes: bytes.length, sha256, pages }],
      ...over,
    });
    return id;
  };

  return {
    ...{ school, spool, storage, database, seams, accept },
    /** Repeated while Redis is not there yet: the id is the same. */
    enqueue: (paperId: string, run = 1) =>
      waitFor(() => producer.enqueueQuestionPaper({ paperId, run }).then(() => true), { what: 'the queue' }),
    stateOf: async (paperId: string, run = 1) => (await producer.questionPaperStates([{ paperId, run }]))[0],
    close: async () => {
      await workers.close(5_000);
      await Promise.all([readingPool.close(), producer.close()]);
      await testDatabase.drop();
      await folder.remove();
    },
  };
}

export type PaperTest = Awaited<ReturnType<typeof createPaperTest>>;

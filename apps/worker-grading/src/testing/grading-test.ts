import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Manifest, type PageReading, type Question, QuestionInput } from '@gradeflow/contracts';
import { type Database, newSubmissionOf } from '@gradeflow/database';
import { createOfflineGrader } from '@gradeflow/grading';
import { createLogger } from '@gradeflow/logger';
import { createSpool, type Spool } from '@gradeflow/spool';
import { createFileStorage, type Storage } from '@gradeflow/storage';
import { createRegistry } from '@gradeflow/telemetry';
import { createTempDir, createTestDatabase, type School, seedSchool } from '@gradeflow/testing';
import { createModelContexts } from '../model/model-context.ts';
import { createModelMetrics } from '../model/model-metrics.ts';
import { createGradeSubmission, type GradeSubmissionDeps } from '../processors/grade-submission.ts';

export interface Uploaded {
  school: School;
  id: string;
  payload: { submissionId: string; run: number };
}

export interface GradingTest {
  database: Database;
  spool: Spool;
  storage: Storage;
  /** Ids of gradings that people were told of. */
  announced: string[];
  /** A recorded sheet that has been read, in a school of its own. */
  upload(
    pages: PageReading[],
    options?: { questions?: Question[]; sampleShare?: number; persisted?: boolean; pagesTotal?: number; label?: string },
  ): Promise<Uploaded>;
  /** One run of grade-submission, by the built-in grader unless told otherwise. */
  run(payload: Uploaded['payload'], replaced?: Partial<GradeSubmissionDeps>): ReturnType<ReturnType<typeof createGradeSubmission>>;
  close(): Promise<void>;
}

/** What grade-submission needs, on a database and a folder of its own. */
export async function startGradingTest(log = createLogger({ name: 'test', level: 'silent' })): Promise<GradingTest> {
  const folder = await createTempDir();
  const test = await createTestDatabase();
  const { database } = test;
  const spool = createSpool({ root: path.join(folder.path, 'spool') });
  const storage = createFileStorage({ root: path.join(folder.path, 'storage') });
  await spool.prepare();
  const announced: string[] = [];
  const metrics = createModelMetrics(createRegistry('test'));
  const modelContextOf = createModelContexts({ database, model: 'fake', prices: null, metrics });
  return {
    ...{ database, spool, storage, announced },
    upload: (pages, options) => upload({ database, spool }, pages, options),
    run: (payload, replaced) => {
      const producer = { enqueueNotification: async (gradingId: string) => void announced.push(gradingId) };
      const process = createGradeSubmission({
        database,
        spool,
        storage,
        producer,
        modelContextOf,
        grader: createOfflineGrader(),
        ...replaced,
      });
      return process({ payload, jobId: 'job', attempt: 1, signal: new AbortController().signal, log });
    },
    close: async () => {
      await test.drop();
      await folder.remove();
    },
  };
}

/** A question with one criterion. */
export const question = (number: string, maxScore: number, match: object): Question => ({
  ...QuestionInput.parse({ number, maxScore, rubric: { criteria: [{ id: 'c1', description: 'It is right.', points: maxScore, match }] } }),
  id: randomUUID(),
});

/** A page of lines, each word 100 × 20 pixels on a grid. */
export function pageOf(number: number, lines: string[], details: Partial<PageReading> = {}): PageReading {
  const words = lines.flatMap((text, line) =>
    text.split(' ').map((word, index) => ({
      text: word,
      confidence: 0.95,
      box: [100 + index * 110, 100 + line * 60, 100, 20] as [number, number, number, number],
      line,
    })),
  );
  return {
    number,
    width: 1200,
    height: 1700,
    text: lines.join('\n'),
    confidence: 0.95,
    engine: 'test',
    rotation: 0,
    words,
    lines: [],
    doubts: [],
    contentHash: null,
    failure: null,
    ...details,
  };
}

async function upload(
  { database, spool }: Pick<GradingTest, 'database' | 'spool'>,
  pages: PageReading[],
  options: Parameters<GradingTest['upload']>[1] = {},
): Promise<Uploaded> {
  const school = await seedSchool(database, { questions: options.questions ?? [] });
  if (options.sampleShare !== undefined) await database.assessments.update(school.assessment.id, { sampleShare: options.sampleShare });
  const id = randomUUID();
  const entry = await spool.begin(id);
  const file = await entry.receiveFile(0, Readable.from([Buffer.from('%PDF-1.7')]), { maxBytes: 1000 });
  const manifest: Manifest = {
    ...{
      submissionId: id,
      institutionId: school.institutionId,
      userId: school.people.teacher,
      userRole: 'TEACHER',
      assessmentId: school.assessment.id,
    },
    ...{
      studentId: null,
      label: options.label ?? null,
      acceptedAt: new Date().toISOString(),
      requestId: 'test',
      pagesTotal: options.pagesTotal ?? pages.length,
    },
    files: [
      { path: 'original/1.pdf', name: 's.pdf', mediaType: 'application/pdf', bytes: file.bytes, sha256: file.sha256, pages: pages.length },
    ],
  };
  await entry.commit(manifest);
  for (const page of pages) await spool.writePage(id, page, page.failure === null ? Buffer.from(`picture ${page.number}`) : null);
  await database.submissions.record(newSubmissionOf(manifest));
  const at = new Date();
  if (options.persisted !== false) await database.stages.complete(id, 'persist', { startedAt: at, finishedAt: at }, 1);
  return { school, id, payload: { submissionId: id, run: 1 } };
}

import path from 'node:path';
import type { Report } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createFileStorage, type Storage, storageKeys } from '@gradeflow/storage';
import { createTempDir, createTestDatabase, type School, seedSchool, type TestDatabase } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createReportObserver } from '../report-observer.ts';
import { createBuildReport } from './build-report.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let testDatabase: TestDatabase;
let storage: Storage;
let school: School;
beforeAll(async () => {
  [folder, testDatabase] = await Promise.all([createTempDir(), createTestDatabase()]);
  storage = createFileStorage({ root: path.join(folder.path, 'storage') });
  school = await seedSchool(testDatabase.database);
});
afterAll(async () => {
  await testDatabase.drop();
  await folder.remove();
});

async function insertReport(over: Partial<Report> = {}): Promise<string> {
  const id = uuidv7();
  const { institutionId, assessment, people } = school;
  const report = {
    id,
    institutionId,
    assessmentId: assessment.id,
    createdBy: people.teacher,
    kind: 'marksheet',
    format: 'pdf',
    studentId: null,
  };
  await testDatabase.database.reports.insert({ ...report, ...over });
  return id;
}

const build = (reportId: string, over: Partial<Storage> = {}) =>
  createBuildReport({ database: testDatabase.database, storage: { ...storage, ...over } })({
    ...{ payload: { reportId }, jobId: 'test', attempt: 1 },
    ...{ signal: new AbortController().signal, log: createLogger({ name: 'test', level: 'silent' }) },
  });
const stored = (id: string) => testDatabase.database.reports.find(id);

describe('build-report', () => {
  it('stores a marksheet and makes the report ready, once', async () => {
    const id = await insertReport();
    const { bytes } = await build(id);
    expect(await stored(id)).toMatchObject({ status: 'READY', progress: 100, reason: null });
    expect((await storage.readBytes(storageKeys.report(id, 'pdf'))).subarray(0, 5).toString()).toBe('%PDF-');
    const putBytes = () => Promise.reject(new Error('built again'));
    expect(await build(id, { putBytes })).toEqual({ bytes });
  });

  it('is not ready while its file is not stored', async () => {
    const id = await insertReport();
    await expect(build(id, { putBytes: () => Promise.reject(new Error('disk')) })).rejects.toThrow('disk');
    expect(await stored(id)).toMatchObject({ status: 'RUNNING' });
    await build(id);
    expect((await stored(id))?.status).toBe('READY');
  });

  it('fails with a reason in words for what can not be built yet', async () => {
    const id = await insertReport({ kind: 'class', format: 'xlsx' });
    const error = await build(id).catch((refusal: unknown) => refusal as { code: string; message: string; retryable: boolean });
    expect(error).toMatchObject({ code: 'REPORT_NOT_AVAILABLE', retryable: false });
    const reason = { code: 'REPORT_NOT_AVAILABLE', detail: 'message' in error ? error.message : '' };
    await createReportObserver(testDatabase.database.reports).failedForGood?.({ reportId: id }, new Date(), reason, 1);
    expect(await stored(id)).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/class.*xlsx/) });
  });
});

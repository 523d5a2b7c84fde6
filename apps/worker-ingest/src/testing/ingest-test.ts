import { createHash } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Manifest } from '@gradeflow/contracts';
import { createLogger, type Logger } from '@gradeflow/logger';
import { createSpool, type Spool } from '@gradeflow/spool';
import { createFileStorage, type Storage } from '@gradeflow/storage';
import { createTempDir, createTestDatabase, type School, seedSchool, type TestDatabase } from '@gradeflow/testing';
import { uuidv7 } from 'uuidv7';

export interface IngestTest {
  /** Folder of the spool and the storage. */
  dataDir: string;
  databaseUrl: string;
  spool: Spool;
  storage: Storage;
  database: TestDatabase['database'];
  school: School;
  log: Logger;
  /** Puts an upload into the spool, as the gateway does: by the teacher unless told otherwise. Returns its id. */
  accept(over?: Partial<Manifest>): Promise<string>;
  close(): Promise<void>;
}

/** A real spool and storage in a temporary folder, a real database with a school in it. */
export async function createIngestTest(): Promise<IngestTest> {
  const [folder, testDatabase] = await Promise.all([createTempDir(), createTestDatabase()]);
  const spool = createSpool({ root: path.join(folder.path, 'spool') });
  await spool.prepare();
  const school = await seedSchool(testDatabase.database);
  const contents = [Buffer.from('first page'), Buffer.from('second page')];

  const accept = async (over: Partial<Manifest> = {}) => {
    const submissionId = uuidv7();
    const entry = await spool.begin(submissionId);
    const files: Manifest['files'] = [];
    for (const [index, content] of contents.entries()) {
      await entry.receiveFile(index, Readable.from([content]), { maxBytes: 1e6 });
      const sha256 = createHash('sha256').update(content).digest('hex');
      const name = `page ${index + 1}.png`;
      files.push({ path: `original/${index + 1}.png`, name, mediaType: 'image/png', bytes: content.length, sha256, pages: 1 });
    }
    await entry.commit({
      ...{ submissionId, institutionId: school.institutionId, userId: school.people.teacher, userRole: 'TEACHER' },
      ...{ assessmentId: school.assessment.id, studentId: null, label: 'Ada’s sheet', acceptedAt: new Date().toISOString() },
      ...{ requestId: 'test', pagesTotal: 2, files },
      ...over,
    });
    return submissionId;
  };

  return {
    dataDir: folder.path,
    databaseUrl: testDatabase.url,
    spool,
    storage: createFileStorage({ root: path.join(folder.path, 'storage') }),
    database: testDatabase.database,
    school,
    log: createLogger({ name: 'test', level: 'silent' }),
    accept,
    close: async () => {
      await testDatabase.drop();
      await folder.remove();
    },
  };
}

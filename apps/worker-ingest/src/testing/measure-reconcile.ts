/**
 * Accepts so many uploads, with their rows, queues their flows, and then reconciles as worker-ingest does, for those who measure it. Prints one JSON line an
 * event: `{"event":"queued","ms","cpuMs"}` for the bare adding of all flows, `{"event":"round","ms","cpuMs"}` after each comparison. Ends with its stdin.
 * Arguments: DATA_DIR, database URL, Redis URL, prefix, number of uploads, milliseconds between the rounds.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Manifest } from '@gradeflow/contracts';
import { createDatabase, createRecordQuestionPaper, newSubmissionOf } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createProducer } from '@gradeflow/queue';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { type School, seedSchool, waitFor } from '@gradeflow/testing';
import { uuidv7 } from 'uuidv7';
import { createReconciler, startReconciling } from '../reconcile/reconcile.ts';
import { createRecordSubmission } from '../record-submission.ts';

const [dataDir = '', databaseUrl = '', url = '', prefix = '', uploads = '0', intervalMs = '0'] = process.argv.slice(2);
const atOnce = 32;
const addedAtOnce = 50;
const content = Buffer.from('%PDF-1.4 a sheet that nobody opens here');
const sha256 = createHash('sha256').update(content).digest('hex');

const log = createLogger({ name: 'measure-reconcile', level: 'error' });
const spool = createSpool({ root: path.join(dataDir, 'spool') });
const storage = createFileStorage({ root: path.join(dataDir, 'storage') });
const database = createDatabase({ url: databaseUrl });
const producer = createProducer({ url, prefix, log });
await spool.prepare();
const ids = await acceptUploads(await seedSchool(database), Number(uploads));

await waitFor(() => producer.gradingStates([]).then(() => true), { what: 'the queue' });
const { ms, cpuMs } = await timed(addAll);
tell({ event: 'queued', ms, cpuMs });

const reconcile = createReconciler({
  ...{ spool, storage, database, producer, log },
  recordSubmission: createRecordSubmission(database),
  recordQuestionPaper: createRecordQuestionPaper(database),
});
const round = async () => {
  const { value, ...cost } = await timed(reconcile);
  tell({ event: 'round', ...cost });
  return value;
};
startReconciling(round, { intervalMs: Number(intervalMs), log });
process.stdin.on('end', () => process.exit(0)).resume();

function tell(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number; cpuMs: number }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, ms: performance.now() - began, cpuMs: (user + system) / 1_000 };
}

/** As often as a busy machine makes it necessary: adding what is there already changes nothing. */
async function addAll(): Promise<void> {
  for (let start = 0; start < ids.length; start += addedAtOnce) {
    const works = ids.slice(start, start + addedAtOnce).map((submissionId) => ({ submissionId, run: 1 }));
    await waitFor(() => producer.enqueueSubmissions(works).then(() => true), { everyMs: 1, what: 'the queue' });
  }
}

/** As the gateway and record-metadata leave them. */
async function acceptUploads(school: School, count: number): Promise<string[]> {
  const submissionIds = Array.from({ length: count }, () => uuidv7());
  const waiting = submissionIds.values();
  const acceptNext = async () => {
    for (const id of waiting) await acceptUpload(school, id);
  };
  await Promise.all(Array.from({ length: atOnce }, acceptNext));
  return submissionIds;
}

async function acceptUpload(school: School, submissionId: string): Promise<void> {
  const entry = await spool.begin(submissionId);
  await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
  const file = {
    path: 'original/1.pdf',
    name: 'sheet.pdf',
    mediaType: 'application/pdf' as const,
    bytes: content.length,
    sha256,
    pages: 1,
  };
  const manifest: Manifest = {
    ...{ submissionId, institutionId: school.institutionId, userId: school.people.teacher, userRole: 'TEACHER' },
    ...{ assessmentId: school.assessment.id, studentId: null, label: null, acceptedAt: new Date().toISOString() },
    ...{ requestId: 'measured', pagesTotal: 1, files: [file] },
  };
  await entry.commit(manifest);
  await database.submissions.record(newSubmissionOf(manifest));
}

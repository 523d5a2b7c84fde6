import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { startRedis } from '@gradeflow/embedded-services';
import { createProducer, type JobProducer, type QueueLocation } from '@gradeflow/queue';
import { connectFast } from '@gradeflow/redis';
import { createTempDir, testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createRecordSubmission } from '../record-submission.ts';
import { createIngestTest, type IngestTest } from '../testing/ingest-test.ts';
import { reconcilerLease, startLeaseKeeper } from './lease-keeper.ts';
import { createReconciler } from './reconcile.ts';

interface Replica {
  process: ChildProcess;
  /** Fence numbers under which it held the lease. */
  fences: number[];
}

let test: IngestTest;
let queue: QueueLocation;
let producer: JobProducer;
let replicas: Replica[];
beforeAll(async () => {
  test = await createIngestTest();
});
afterAll(() => test.close());
beforeEach(async () => {
  queue = testRedis();
  replicas = [];
  producer = createProducer(queue);
  await waitFor(() => producer.gradingStates([{ submissionId: test.school.institutionId, run: 1 }]).then(() => true));
});
afterEach(async () => {
  for (const { process } of replicas) process.kill('SIGKILL');
  await producer.close();
  for await (const id of test.spool.listReady()) await test.spool.remove(id);
});

function startReplica(): Replica {
  const program = new URL('../testing/reconciling-replica.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, test.dataDir, test.databaseUrl, queue.url, queue.prefix, '300'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const replica: Replica = { process: child, fences: [] };
  createInterface({ input: child.stdout }).on('line', (line) => replica.fences.push(Number(line.split(' ')[1])));
  replicas.push(replica);
  return replica;
}

const stateOf = async (submissionId: string) => (await producer.gradingStates([{ submissionId, run: 1 }]))[0];
const isQueued = (id: string) => waitFor(async () => (await stateOf(id)) === 'pending', { timeoutMs: 15_000, what: 'the flow' });
const holds = ({ fences }: Replica, count = 1) => waitFor(() => fences.length >= count, { timeoutMs: 15_000, what: 'the lease' });
const leases = () => test.database.leases;

describe('of two replicas', () => {
  it('one reconciles; when it is killed the other takes over under a higher number and queues what is lost', async () => {
    const first = startReplica();
    await holds(first);
    const second = startReplica();
    await isQueued(await test.accept());
    expect(second.fences).toEqual([]);
    first.process.kill('SIGKILL');
    const lost = await test.accept();
    await holds(second);
    await isQueued(lost);
    expect(second.fences[0]).toBeGreaterThan(first.fences[0] ?? Number.POSITIVE_INFINITY);
  });

  it('one that is killed while Redis loses everything is replaced by the other, which queues all of it again', async () => {
    const folder = await createTempDir();
    const own = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
    await producer.close();
    queue = { url: own.url, prefix: queue.prefix };
    producer = createProducer(queue);
    try {
      const first = startReplica();
      await holds(first);
      const second = startReplica();
      const ids = await Promise.all(Array.from({ length: 100 }, () => test.accept()));
      const states = async () => new Set(await producer.gradingStates(ids.map((submissionId) => ({ submissionId, run: 1 }))));
      const allAre = (state: string) =>
        waitFor(async () => isDeepStrictEqual(await states(), new Set([state])), { timeoutMs: 60_000, what: state });
      await allAre('pending');
      const redis = connectFast(own.url, { name: 'test' });
      await waitFor(() => redis.ping());
      first.process.kill('SIGKILL');
      await redis.flushall();
      redis.disconnect();
      await allAre('pending');
      expect(second.fences[0]).toBeGreaterThan(first.fences[0] ?? Number.POSITIVE_INFINITY);
    } finally {
      own.kill();
      await own.ended;
      await folder.remove();
    }
  });

  it('the one that stops by itself lets the other go on at once', async () => {
    const first = startReplica();
    await holds(first);
    const second = startReplica();
    first.process.kill('SIGTERM');
    await holds(second);
    await isQueued(await test.accept());
  });

  it('a holder that was frozen finds another in its place, and its old number opens nothing', async () => {
    const first = startReplica();
    await holds(first);
    first.process.kill('SIGSTOP');
    const second = startReplica();
    await holds(second);
    first.process.kill('SIGCONT');
    const id = await test.accept();
    await createRecordSubmission(test.database)(await test.spool.getManifest(id));
    await isQueued(id);
    const fencedBy = { name: reconcilerLease, fence: first.fences[0] ?? 0 };
    const options = { fromFailed: false, stages: [], ifRun: 1 };
    const refused = expect.objectContaining({ code: 'LEASE_LOST' });
    const { submissions, reports, questionPapers } = test.database;
    await expect(submissions.nextRun(id, { ...options, fencedBy })).rejects.toEqual(refused);
    await expect(submissions.fail({ id }, { code: 'TEST', detail: 'late' }, fencedBy)).rejects.toEqual(refused);
    await expect(questionPapers.nextRun(uuidv7(), { ifRun: 1, fencedBy })).rejects.toEqual(refused);
    await expect(questionPapers.fail({ id: uuidv7() }, { code: 'TEST', detail: 'late' }, fencedBy)).rejects.toEqual(refused);
    await expect(reports.setStatus(uuidv7(), 'FAILED', { fencedBy })).rejects.toEqual(refused);
    expect(await submissions.find(id)).toMatchObject({ run: 1, status: 'PROCESSING' });
    const now = { name: reconcilerLease, fence: second.fences[0] ?? 0 };
    expect((await submissions.nextRun(id, { ...options, fencedBy: now }))?.run).toBe(2);
    expect(first.fences).toHaveLength(1);
  });
});

describe('a round', () => {
  const round = (lease: { current: () => ReturnType<ReturnType<typeof startLeaseKeeper>['current']> }) =>
    createReconciler({
      ...{ ...test, producer, graceMs: 0, lease },
      recordSubmission: createRecordSubmission(test.database),
      recordQuestionPaper: () => Promise.reject(new Error('there are none')),
    })();

  it('that loses its lease on the way ends without having written, and leaves the rest to the new holder', async () => {
    const id = await test.accept();
    await createRecordSubmission(test.database)(await test.spool.getManifest(id));
    const stale = { name: 'stale', fence: 1 };
    expect(await leases().take({ name: 'stale', holder: 'old', ttlMs: -1_000 })).toEqual(stale);
    expect(await leases().take({ name: 'stale', holder: 'new', ttlMs: 60_000 })).toEqual({ name: 'stale', fence: 2 });
    await test.database.submissions.nextRun(id, { fromFailed: false, stages: [] });
    await test.spool.remove(id);
    const ended = { ...producer, gradingStates: async (runs: unknown[]) => runs.map(() => 'failed' as const) };
    const reconcile = createReconciler({
      ...{ ...test, producer: ended, graceMs: 0, lease: { current: () => stale } },
      recordSubmission: createRecordSubmission(test.database),
      recordQuestionPaper: () => Promise.reject(new Error('there are none')),
    });
    await reconcile();
    expect(await test.database.submissions.find(id)).toMatchObject({ run: 2, status: 'PROCESSING' });
  });

  it('of a replica that cannot know who holds the lease queues what is lost and writes nothing', async () => {
    const id = await test.accept();
    const deleted = await test.accept();
    await test.spool.markDeleted(deleted);
    expect(await round({ current: () => 'elsewhere' })).toBe('standby');
    expect(await stateOf(id)).toBe('missing');
    await round({ current: () => 'unknown' });
    expect(await stateOf(id)).toBe('pending');
    expect([await stateOf(deleted), await test.spool.isDeleted(deleted)]).toEqual(['missing', true]);
  });
});

describe('the lease', () => {
  it('belongs to one of many who ask, stays with it while renewed, and rises when it changes hands', async () => {
    const take = (holder: string, ttlMs = 60_000) => leases().take({ name: 'one', holder, ttlMs });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => take(`replica ${index}`)));
    const winner = answers.findIndex((answer) => answer !== null);
    expect(answers.filter((answer) => answer !== null)).toEqual([{ name: 'one', fence: 1 }]);
    expect(await take(`replica ${winner}`)).toEqual({ name: 'one', fence: 1 });
    await leases().release({ name: 'one', fence: 0 });
    expect(await take('another')).toBeNull();
    await leases().release({ name: 'one', fence: 1 });
    expect(await take('another', -1_000)).toEqual({ name: 'one', fence: 2 });
    // Its own, run out: somebody may have had it in between for all that it knows.
    expect(await take('another')).toEqual({ name: 'one', fence: 3 });
  });

  it('is neither held nor known to be elsewhere while Postgres is away', async () => {
    const take = () => Promise.reject(new Error('away'));
    const keeper = startLeaseKeeper({ leases: { ...leases(), take }, log: test.log, everyMs: 10 });
    expect(keeper.current()).toBe('elsewhere');
    await waitFor(() => keeper.current() === 'unknown');
    await keeper.close();
  });
});

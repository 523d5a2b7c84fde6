import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FlowProducer } from 'bullmq';
import { handBackJobs, type JobObserver } from './index.ts';
import { jobOptions } from './job-options.ts';
import { createQueueTest, type QueueTest, testJob } from './testing/queue-test.ts';

let queue: QueueTest;
let holders: ChildProcess[];
beforeEach(() => {
  queue = createQueueTest();
  holders = [];
});
afterEach(async () => {
  await Promise.all(holders.map(end));
  await queue.close();
});

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  holder.kill('SIGKILL');
  await once(holder, 'exit');
}

/** A real process that holds so many test jobs and has no room for more. */
async function startHolder(instanceId: string, jobs: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./testing/job-holder.ts', import.meta.url));
  const holder = spawn(process.execPath, [script, queue.url, queue.prefix, instanceId, String(jobs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  let output = '';
  holder.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await waitFor(() => output.split('holding').length > jobs, { what: 'the process to hold the jobs' });
  return holder;
}

/** A worker that ends jobs; says when and in which try. */
function startTaker(observer: JobObserver<typeof testJob> = {}) {
  const taken: Array<{ jobId: string; attempt: number; at: number }> = [];
  queue.group().start(
    testJob,
    async ({ jobId, attempt, payload }) => {
      taken.push({ jobId, attempt, at: Date.now() });
      return payload;
    },
    { concurrency: 3, observer },
  );
  return taken;
}

/** Test jobs as children of a parent that nobody runs. */
async function addFlow(parentId: string, childIds: string[]): Promise<void> {
  const flows = new FlowProducer({ connection: queue.redis, prefix: queue.prefix });
  const children = childIds.map((jobId, n) => ({
    name: testJob.name,
    queueName: testJob.name,
    data: { n },
    opts: { ...jobOptions(testJob, jobId), failParentOnFailure: true },
  }));
  await flows.add({ name: 'parent', queueName: 'parent', opts: { jobId: parentId }, children });
  await flows.close();
}

const ids = (taken: Array<{ jobId: string }>) => taken.map(({ jobId }) => jobId).sort();

describe('the jobs of a process that died', () => {
  it('run elsewhere at once when its supervisor hands them back, with all their tries', async () => {
    const jobIds = ['test-job_a', 'test-job_b'];
    await addFlow('parent_1', jobIds);
    const holder = await startHolder('holder-1', 2);
    const taken = startTaker();
    await end(holder);
    const died = Date.now();
    expect(await handBackJobs({ ...queue, instanceId: 'holder-1' })).toBe(2);
    await waitFor(() => taken.length === 2);
    const tookMs = Math.max(...taken.map(({ at }) => at)) - died;
    process.stderr.write(`kill -9 → both jobs run elsewhere: ${tookMs} ms\n`);
    expect(tookMs).toBeLessThan(1_000);
    expect(taken.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(ids(taken)).toEqual(jobIds);
    await waitFor(async () => (await queue.queueOf({ name: 'parent' }).getWaitingCount()) === 1, { what: 'the parent to be let go' });
    expect(await handBackJobs({ ...queue, instanceId: 'holder-1' })).toBe(0);
  });

  it('run elsewhere after three missed beats when nobody saw it die, and a living process keeps its own', async () => {
    await queue.add(testJob, { n: 1 }, 'test-job_dead');
    const dead = await startHolder('holder-dead', 1);
    await queue.add(testJob, { n: 2 }, 'test-job_alive');
    await startHolder('holder-alive', 1);
    const taken = startTaker();
    await end(dead);
    const died = Date.now();
    await waitFor(() => taken.length > 0, { timeoutMs: 8_000 });
    process.stderr.write(`kill -9 without a supervisor → job runs elsewhere: ${Date.now() - died} ms\n`);
    expect(ids(taken)).toEqual(['test-job_dead']);
  });

  it('run when it comes back under its old name', async () => {
    await queue.add(testJob, { n: 1 }, 'test-job_again');
    await end(await startHolder('holder-3', 1));
    await startHolder('holder-3', 1);
    const job = await queue.queueOf(testJob).getJob('test-job_again');
    expect([job?.attemptsMade, job?.attemptsStarted]).toEqual([0, 2]);
  });

  it('end as poisoned when they end their worker again and again', async () => {
    const reasons: string[] = [];
    await queue.add(testJob, { n: 1 }, 'test-job_poison');
    for (let crash = 1; crash <= 4; crash += 1) {
      await end(await startHolder(`holder-${crash}`, 1));
      expect(await handBackJobs({ ...queue, instanceId: `holder-${crash}` })).toBe(1);
    }
    const taken = startTaker({ failedForGood: async (_payload, _at, { code }) => void reasons.push(code) });
    const job = await waitFor(() => queue.ended(testJob, 'test-job_poison'));
    await waitFor(() => reasons.length > 0);
    expect(job.failedReason).toBe('JOB_POISONED: The step test-job ended its worker 4 times.');
    expect([reasons, taken]).toEqual([['JOB_POISONED'], []]);
  });
});

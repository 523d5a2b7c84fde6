import type { JobDefinition } from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import { createRegistry } from '@gradeflow/telemetry';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createJobMetrics, type JobObserver } from './index.ts';
import { createQueueTest, type QueueTest, testJob } from './testing/queue-test.ts';

let queue: QueueTest;
beforeEach(() => {
  queue = createQueueTest();
});
afterEach(() => queue.close());

/** Writes down what the observer is told. */
function recordingObserver() {
  const told: string[] = [];
  const observer: JobObserver<JobDefinition> = {
    started: async (_payload, _at, attempt) => void told.push(`started ${attempt}`),
    completed: async (_payload, _at, attempt) => void told.push(`completed ${attempt}`),
    failedForGood: async (_payload, _at, reason, attempt) => void told.push(`failed ${attempt} ${reason.code}: ${reason.detail}`),
  };
  return { told, observer };
}

const endOf = (jobId: string) => waitFor(() => queue.ended(testJob, jobId), { what: `the end of ${jobId}` });

describe('the worker shell', () => {
  it('tries again after an error that may pass, tells every start, and keeps the declared result', async () => {
    const { told, observer } = recordingObserver();
    queue.group().start(
      testJob,
      async ({ payload, attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return { n: payload.n * 2, text: 'not declared' };
      },
      { concurrency: 1, observer },
    );
    const job = await endOf(await queue.add(testJob, { n: 21 }));
    expect(job.returnvalue).toEqual({ n: 42 });
    expect(told).toEqual(['started 1', 'started 2', 'started 3', 'completed 3']);
  });

  it('does not repeat a permanent error, and tells its code once', async () => {
    const { told, observer } = recordingObserver();
    const registry = createRegistry('test');
    queue.group({ metrics: createJobMetrics(registry) }).start(
      testJob,
      async () => {
        throw new PermanentError({ code: 'SHEET_BLANK', detail: 'Nothing on it.' });
      },
      { concurrency: 1, observer },
    );
    const job = await endOf(await queue.add(testJob, { n: 1 }));
    expect(job.failedReason).toBe('SHEET_BLANK: Nothing on it.');
    await waitFor(() => told.length > 1);
    expect(told).toEqual(['started 1', 'failed 1 SHEET_BLANK: Nothing on it.']);
    const text = await registry.metrics();
    expect(text).toMatch(/gradeflow_jobs_failed_for_good_total\{.*code="SHEET_BLANK".*\} 1/);
    expect(text).toMatch(/gradeflow_job_duration_seconds_count\{.*outcome="failed".*\} 1/);
  });

  it('uses up the tries of an error that does not pass, and tells the last one once', async () => {
    const { told, observer } = recordingObserver();
    queue.group().start(
      testJob,
      async () => {
        throw new Error('never');
      },
      { concurrency: 1, observer },
    );
    await endOf(await queue.add(testJob, { n: 1 }));
    await waitFor(() => told.length > 3);
    expect(told).toEqual(['started 1', 'started 2', 'started 3', 'failed 3 INTERNAL: never']);
  });

  it('fails a payload of another shape for good without running the processor or repeating its values', async () => {
    let runs = 0;
    queue.group().start(testJob, async () => ({ n: ++runs }), { concurrency: 1 });
    const job = await endOf(await queue.add(testJob, { n: 'Ada Lovelace' }));
    expect(job.failedReason).toBe('PAYLOAD_INVALID: test-job was given a payload of another shape: /n invalid_type');
    expect([runs, job.attemptsMade]).toEqual([0, 1]);
  });

  it('aborts a try that takes too long, also when the processor does not listen', async () => {
    const signals: AbortSignal[] = [];
    const quick = { ...testJob, timeoutMs: 50, attempts: 2 };
    queue.group().start(
      quick,
      ({ signal, attempt }) => {
        signals.push(signal);
        if (attempt === 2) return new Promise(() => {});
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted by the signal'))));
      },
      { concurrency: 1 },
    );
    const job = await endOf(await queue.add(quick, { n: 1 }));
    expect(job.failedReason).toBe('JOB_TIMEOUT: The step test-job took longer than 50 ms.');
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it('repeats a job whose completion could not be noted', async () => {
    let notes = 0;
    const observer: JobObserver<typeof testJob> = {
      completed: async () => {
        notes += 1;
        if (notes === 1) throw new Error('database away');
      },
    };
    let runs = 0;
    queue.group().start(testJob, async () => ({ n: ++runs }), { concurrency: 1, observer });
    const job = await endOf(await queue.add(testJob, { n: 1 }));
    expect(job.returnvalue).toEqual({ n: 2 });
  });

  it('stops at once: the running job goes to another worker without using up a try', async () => {
    const first = queue.group();
    const signal = await new Promise<AbortSignal>((resolve) => {
      first.start(
        testJob,
        ({ signal }) => {
          resolve(signal);
          return new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(reject, 50, signal.reason)));
        },
        { concurrency: 1 },
      );
      void queue.add(testJob, { n: 1 }, 'test-job_stop');
    });
    const attempts: number[] = [];
    queue.group().start(
      testJob,
      async ({ attempt, payload }) => {
        attempts.push(attempt);
        return { n: payload.n };
      },
      { concurrency: 1 },
    );
    const began = Date.now();
    const closed = first.close(2_000);
    await endOf('test-job_stop');
    expect(Date.now() - began).toBeLessThan(1_000);
    await closed;
    expect([signal.aborted, attempts]).toEqual([true, [1]]);
    expect(await queue.redis.hexists(`${queue.prefix}:heartbeats`, first.instanceId)).toBe(0);
  });

  it('leaves the wake-up for the job that it hands back to whoever stays', async () => {
    const jobId = await queue.add(testJob, { n: 1 });
    for (let round = 0; round < 5; round++) {
      const group = queue.group();
      let running = false;
      const processor = ({ signal }: { signal: AbortSignal }) => {
        running = true;
        return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      };
      // With room for another job, so that it is listening while it works.
      group.start(testJob, processor, { concurrency: 2 });
      await waitFor(() => running);
      await group.close(5_000);
      const waiting = queue.queueOf(testJob);
      expect([await waiting.getWaitingCount(), await queue.redis.zcard(waiting.toKey('marker'))]).toEqual([1, 1]);
    }
    expect((await queue.queueOf(testJob).getJob(jobId))?.attemptsMade).toBe(0);
  });
});

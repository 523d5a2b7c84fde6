import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProducer } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { Redis } from 'ioredis';
import { uuidv7 } from 'uuidv7';
import { demoFile, signIn, startFleet } from '../../e2e/fleet.ts';
import { table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openFolder, openRedis, withClosers } from './servers.ts';
import { duration, now } from './worker-process.ts';

const prefix = '{full}';
const children = ['extract-sheet', 'persist-file', 'record-metadata'];

export const redisFull: DurabilitySection = {
  name: 'redis-full',
  title: 'The queue Redis is full',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const dataDir = await openFolder(later);
      const server = await openRedis(later, { dataDir: `${dataDir}/queue`, persist: true });
      const redis = new Redis(server.url);
      later(async () => redis.disconnect());
      const fleet = await startFleet({ dataDir, env: { REDIS_QUEUE_URL: server.url, QUEUE_PREFIX: prefix } });
      later(async () => fleet.kill());
      later(fleet.interrupt);
      const producer = createProducer({ url: server.url, prefix });
      later(producer.close);
      const teacher = await signIn(fleet, 'TEACHER');
      const sheet = Uint8Array.from(await readFile(demoFile('sheet-1.pdf')));
      const upload = (label: string) => teacher.upload(fleet.demo.assessmentId, sheet, label);
      const uploadAll = async (count: number, label: string) => {
        const answers = [];
        for (let i = 0; i < count; i++) answers.push(await upload(`${label} ${i}`));
        return answers;
      };
      const count = quick ? 3 : 15;
      await teacher.follow((await upload('before')).id);

      const before = await uploadAll(4, 'queued before');
      // What is there stays, nothing more fits.
      await redis.config('SET', 'maxmemory', '1');
      const during = await uploadAll(count, 'while full');
      const stock = await refusedAdds(producer, count);
      await sleep(4_000); // The reconciler tries as well.
      const partial = await countPartialFlows(
        redis,
        during.map(({ id }) => id),
      );
      const drained = await Promise.allSettled(before.map(({ id }) => teacher.follow(id, quick ? 5_000 : 20_000)));

      await redis.config('SET', 'maxmemory', '0');
      const freed = now();
      const ended = await Promise.all([...before, ...during].map(({ id }) => teacher.follow(id, 90_000)));
      const allMs = now() - freed;
      const done = ended.filter(({ status }) => status !== 'FAILED').length;
      return [
        'The processes of `npm start`; the memory limit of the queue Redis is set below what it holds (`noeviction`), so that it refuses every write that needs memory. Stock: an upload that waits for the flow to be added, as `FlowProducer.add` answered then.',
        '',
        ...table(
          ['', 'wanted', 'reached', 'stock'],
          [
            [
              'uploads answered 202 while full',
              `${count} of ${count}`,
              `${during.filter(({ response }) => response.status === 202).length} of ${count}`,
              `${count - stock} of ${count}`,
            ],
            ['flows that are there in part', '0', partial, '–'],
            [
              'accepted before, graded while full',
              '–',
              `${drained.filter(({ status }) => status === 'fulfilled').length} of ${before.length}`,
              '–',
            ],
            [
              'graded in the end',
              `${before.length + count} of ${before.length + count}`,
              `${done} of ${before.length + count}, the last ${duration(allMs)} after there was memory again`,
              '–',
            ],
          ],
        ),
      ];
    }),
};

/** How many of so many flows the queue refused. */
async function refusedAdds(producer: ReturnType<typeof createProducer>, count: number): Promise<number> {
  await waitFor(() => producer.gradingStates([]).then(() => true), { what: 'the queue' });
  const adds = Array.from({ length: count }, () => producer.enqueueSubmission({ submissionId: uuidv7(), run: 1 }));
  return (await Promise.allSettled(adds)).filter(({ status }) => status === 'rejected').length;
}

/** Flows of these submissions of which some jobs are there and others are not. */
async function countPartialFlows(redis: Redis, submissionIds: readonly string[]): Promise<number> {
  let partial = 0;
  for (const id of submissionIds) {
    const keys = ['grade-submission', ...children].map((queue) => `${prefix}:${queue}:${queue}_${id}_1`);
    const there = await redis.exists(...keys);
    if (there > 0 && there < keys.length) partial += 1;
  }
  return partial;
}

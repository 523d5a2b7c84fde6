import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildReport } from '@gradeflow/contracts';
import { Queue } from 'bullmq';
import { createProducer } from '../index.ts';

/**
 * A process that adds jobs when it is told to, for measuring what a producer does while Redis is away: `node enqueue-probe.ts '{kind, url, capMs, backCapMs}'`. `ours`
 * is this package's producer, `stock` a queue of BullMQ as its documentation makes one. It says `ready`, then answers each line of stdin with one of
 * JSON: `add` adds one job (`{outcome: ok | error | hung, ms}`), `until-taken` tries until one is taken.
 */
const { kind, url, capMs, backCapMs } = JSON.parse(process.argv[2] ?? '{}') as {
  kind: 'ours' | 'stock';
  url: string;
  capMs: number;
  backCapMs: number;
};
const prefix = '{probe}';

function makeAdd(): () => Promise<unknown> {
  if (kind === 'ours') {
    const producer = createProducer({ url, prefix });
    return () => producer.enqueueReport(randomUUID());
  }
  const { hostname, port } = new URL(url);
  const queue = new Queue(buildReport.name, { connection: { host: hostname, port: Number(port) }, prefix });
  queue.on('error', () => {});
  return () => queue.add(buildReport.name, { reportId: randomUUID() });
}

async function timed(work: () => Promise<unknown>, withinMs: number): Promise<{ outcome: 'ok' | 'error' | 'hung'; ms: number }> {
  const began = performance.now();
  const tried = work().then(
    () => 'ok' as const,
    () => 'error' as const,
  );
  const outcome = await Promise.race([tried, sleep(withinMs, 'hung' as const)]);
  return { outcome, ms: performance.now() - began };
}

const add = makeAdd();
const untilTaken = async (): Promise<void> => {
  while ((await timed(add, backCapMs)).outcome !== 'ok') await sleep(5);
};
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const answer = line === 'add' ? await timed(add, capMs) : await timed(untilTaken, backCapMs);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();

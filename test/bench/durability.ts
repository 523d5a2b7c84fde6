/**
 * What faults cost, beside what the libraries do as they come: `npm run bench -- durability [--only hand-over,shutdown] [--quick]`. One file a section; each
 * starts servers and processes of its own and ends them.
 */
import { parseArgs } from 'node:util';
import { repository } from '../e2e/fleet.ts';
import { acceptLatency } from './durability/accept-latency.ts';
import { halfOpen } from './durability/half-open.ts';
import { handOver } from './durability/hand-over.ts';
import { join } from './durability/join.ts';
import { postgresWrites } from './durability/postgres-writes.ts';
import { queueLoss } from './durability/queue-loss.ts';
import { recovery } from './durability/recovery.ts';
import { redisFull } from './durability/redis-full.ts';
import { redisPause } from './durability/redis-pause.ts';
import type { DurabilitySection } from './durability/section.ts';
import { shutdown } from './durability/shutdown.ts';
import { uploadCpu } from './durability/upload-cpu.ts';
import { describeMachine } from './support/figures.ts';
import { updateResults } from './support/results.ts';

const sections: readonly DurabilitySection[] = [
  uploadCpu,
  acceptLatency,
  postgresWrites,
  handOver,
  redisPause,
  halfOpen,
  queueLoss,
  shutdown,
  join,
  redisFull,
  recovery,
];
const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const chosen = sections.filter(({ name }) => !values.only || values.only.split(',').includes(name));
for (const { title, run } of chosen) {
  const began = performance.now();
  const text = [...(await run({ quick: values.quick })), '', describeMachine()].join('\n');
  process.stdout.write(`## ${title}\n\n${text}\n\n`);
  process.stderr.write(`(${((performance.now() - began) / 1_000).toFixed(0)} s)\n`);
  if (values.quick) continue;
  await updateResults(`${repository}/test/bench/results/durability.md`, {
    title: 'Durability',
    intro:
      'What is compared was measured in one run, interleaved or at the same time. Stock: BullMQ as it is documented, with its defaults unless others are named. All processes, Redis and Postgres share the machine.',
    order: sections.map((section) => section.title),
    section: { title, text },
  });
}

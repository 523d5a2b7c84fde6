/** Uploads and writes under faults: `npm run bench -- uploads [--only upload-cpu,accept-latency,postgres-writes] [--quick]`. One file a section. */
import { parseArgs } from 'node:util';
import { acceptLatency } from './durability/accept-latency.ts';
import { postgresWrites } from './durability/postgres-writes.ts';
import { uploadCpu } from './durability/upload-cpu.ts';
import { describeMachine } from './support/figures.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
for (const { name, title, run } of [uploadCpu, acceptLatency, postgresWrites]) {
  if (values.only && !values.only.split(',').includes(name)) continue;
  const text = [...(await run({ quick: values.quick })), '', describeMachine()].join('\n');
  process.stdout.write(`## ${title}\n\n${text}\n\n`);
}

/**
 * Supervises programs as the local run does, for those who measure it: a program that ends has its jobs handed back and is started again. Passes on what
 * they print, and says `supervised {"name":…,"pid":…}` for each start. Arguments: Redis URL, prefix, `ProgramSpec` without environment as JSON …
 */
import { handBackJobs } from '@gradeflow/queue';
import { createSupervisor, type ProgramSpec } from '../supervisor.ts';

const [url = '', prefix = '', ...programs] = process.argv.slice(2);
const supervisor = createSupervisor({
  onLine: (name, line) => process.stdout.write(`${name} ${line}\n`),
  onNotice: (text) => process.stderr.write(`${text}\n`),
  onExit: (instanceId) => {
    handBackJobs({ url, prefix, instanceId }).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  },
  // Killed again and again on purpose.
  maxBackoffMs: 200,
});
for (const event of ['SIGTERM', 'disconnect'] as const)
  process.once(event, () => {
    supervisor.kill();
    process.exit(0);
  });
for (const program of programs) {
  const { name, command, args } = JSON.parse(program) as Pick<ProgramSpec, 'name' | 'command' | 'args'>;
  supervisor.start({ name, command, args, env: process.env });
}

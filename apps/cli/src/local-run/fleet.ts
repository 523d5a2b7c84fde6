import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramSpec } from './supervisor.ts';

const apps = fileURLToPath(new URL('../../..', import.meta.url));

export const gatewayName = 'gateway';
export const workerNames = ['worker-ingest', 'worker-ocr', 'worker-grading', 'worker-reports', 'worker-notifications'] as const;

export interface FleetOptions {
  /** Restart an app when a file that it uses changes. */
  watch: boolean;
  /** The environment of all of them: the person's, completed with addresses and secrets. */
  env: NodeJS.ProcessEnv;
}

/** One program an app. What differs between them stands here and nowhere else. */
export function describeFleet(options: FleetOptions): { gateway: ProgramSpec; workers: ProgramSpec[] } {
  const program = (name: string, nodeOptions: string[] = []): ProgramSpec => ({
    name,
    command: process.execPath,
    args: [...(options.watch ? ['--watch', '--watch-preserve-output'] : []), ...nodeOptions, path.join(apps, name, 'src/main.ts')],
    env: options.env,
  });
  // Page pictures live outside the heap; counted, they make the collector run before the memory does.
  const gateway = program(gatewayName, ['--external-memory-accounted-in-global-limit']);
  const workers = workerNames.map((name) => program(name));
  return {
    // Threads of the pool wait for fsync; four would make the fifth upload wait as well.
    gateway: { ...gateway, env: { ...options.env, UV_THREADPOOL_SIZE: '8' } },
    // Reading takes every core that there is, and must not slow down the queue or the gateway.
    workers: workers.map((worker) => (worker.name === 'worker-ocr' ? { ...worker, niceness: 10 } : worker)),
  };
}

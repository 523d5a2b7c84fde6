import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseFreePort, findCommandLine, findRunRecord, isAlive } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askReadiness } from './readiness.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const apps = ['gateway', 'worker-ingest', 'worker-ocr', 'worker-grading', 'worker-reports', 'worker-notifications'];
const minutes = 60_000;

let dir: Awaited<ReturnType<typeof createTempDir>>;
let port: number;
let run: Run | undefined;
const seen = new Set<number>();

interface Run {
  process: ChildProcess;
  output: () => string;
  exit: Promise<[number | null, NodeJS.Signals | null]>;
}

/** The command as a person starts it, in a group of its own so that a signal can be sent to the whole group, as a terminal does. */
function start(): Run {
  const { TEST_DATABASE_URL: _, TEST_REDIS_URL: __, ...env } = process.env;
  const child = spawn('node', [main, 'start'], {
    env: { ...env, PORT: String(port), DATA_DIR: dir.path, OCR_CONCURRENCY: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { process: child, output: () => output, exit: once(child, 'exit') as Run['exit'] };
}

async function untilOutput(current: Run, text: string): Promise<void> {
  await waitFor(() => current.output().includes(text) || current.process.exitCode !== null, { timeoutMs: 2 * minutes, what: text });
  if (!current.output().includes(text)) throw new Error(`ended before "${text}":\n${current.output()}`);
}

/** Ids of our apps and servers that run now, by name. */
async function findProcesses(supervisor: number): Promise<Map<string, number>> {
  const children = (await readFile(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').catch(() => ''))
    .trim()
    .split(' ')
    .filter(Boolean);
  const found = new Map<string, number>();
  for (const pid of children.map(Number)) {
    const commandLine = (await findCommandLine(pid)) ?? '';
    const app = apps.find((name) => commandLine.includes(`/${name}/src/main.ts`));
    if (app) found.set(app, pid);
  }
  for (const name of ['redis', 'postgres']) {
    const pid = (await findRunRecord(dir.path, name))?.pid;
    if (pid) found.set(name, pid);
  }
  for (const pid of found.values()) seen.add(pid);
  return found;
}

const anyAlive = async () => (await Promise.all([...seen].map(isAlive))).some(Boolean);

beforeAll(async () => {
  dir = await createTempDir();
  port = await chooseFreePort();
});
afterAll(async () => {
  run?.process.kill('SIGKILL');
  for (const pid of seen) if (await isAlive(pid)) process.kill(pid, 'SIGKILL');
  await dir.remove();
});

// The children of a process are read from /proc.
const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('the local run', () => {
  it(
    'brings everything up, shows the marks of the demo sheet, and starts a killed worker again',
    async () => {
      run = start();
      await untilOutput(run, 'Gradeflow is ready');
      expect((await askReadiness(`http://127.0.0.1:${port}`))?.status).toBe('ok');
      const supervisor = run.process.pid as number;
      const before = await findProcesses(supervisor);
      expect([...before.keys()].sort()).toEqual([...apps, 'postgres', 'redis'].sort());

      await untilOutput(run, 'Sign in with the accounts');
      expect(run.output()).toMatch(/^Total +10\/12$/m);
      const demo = path.join(dir.path, 'demo.json');
      expect((await stat(demo)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(demo, 'utf8'))).toMatchObject({ url: `http://localhost:${port}`, accounts: { length: 3 } });

      process.kill(before.get('worker-grading') as number, 'SIGKILL');
      await waitFor(async () => {
        const now = (await findProcesses(supervisor)).get('worker-grading');
        return now && now !== before.get('worker-grading');
      });
    },
    4 * minutes,
  );

  it(
    'refuses a second run on the same folder',
    async () => {
      const second = start();
      expect(await second.exit).toEqual([1, null]);
      expect(second.output()).toMatch(/runs on .* already/);
    },
    1 * minutes,
  );

  it(
    'leaves no process behind after Ctrl-C, which every process of the group gets, and ends with 0',
    async () => {
      const current = run as Run;
      await findProcesses(current.process.pid as number);
      process.kill(-(current.process.pid as number), 'SIGINT');
      expect(await current.exit).toEqual([0, null]);
      expect(await anyAlive()).toBe(false);
    },
    1 * minutes,
  );

  it(
    'ends its apps when it is killed, and takes over from what is left',
    async () => {
      const killed = start();
      run = killed;
      await untilOutput(killed, 'Gradeflow is ready');
      expect(killed.output()).not.toMatch(/Sending a sample sheet/);
      const processes = await findProcesses(killed.process.pid as number);
      killed.process.kill('SIGKILL');
      await killed.exit;
      const appPids = apps.map((name) => processes.get(name) as number);
      await waitFor(async () => !(await Promise.all(appPids.map(isAlive))).some(Boolean), { timeoutMs: 20_000 });

      const next = start();
      run = next;
      await untilOutput(next, 'Gradeflow is ready');
      await findProcesses(next.process.pid as number);
      next.process.kill('SIGTERM');
      expect(await next.exit).toEqual([0, null]);
      expect(await anyAlive()).toBe(false);
    },
    4 * minutes,
  );
});

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadyAnswer, SubmissionView } from '@gradeflow/contracts';
import { chooseFreePort } from '@gradeflow/embedded-services';
import { waitFor } from '@gradeflow/testing';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const demoFile = (name: string): string => path.join(repository, 'apps/cli/assets/demo', name);

export interface Fleet {
  url: string;
  pid: number;
  /** `DATA_DIR/demo.json`. */
  demo: { accounts: Array<{ role: string; email: string; password: string }>; assessmentId: string };
  /** What it has printed so far. */
  output(): string;
  /** All processes below the started one. */
  processes(): Array<{ pid: number; command: string }>;
  /** Ctrl-C as a terminal sends it, to the whole group; resolves with the exit code. */
  interrupt(): Promise<number | null>;
  /** For cleaning up after a failure. */
  kill(): void;
}

/**
 * Starts Gradeflow as `npm start` does, on a free port, in the given DATA_DIR, and resolves once it has said "ready" and `/readyz`
 * says `ok`. `env` may name the services to use; otherwise it starts its own.
 */
export async function startFleet(options: { dataDir: string; env?: Record<string, string>; timeoutMs?: number }): Promise<Fleet> {
  const port = await chooseFreePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    ...options.env,
    PORT: String(port),
    DATA_DIR: options.dataDir,
  };
  const child = spawn(process.execPath, ['apps/cli/src/main.ts', 'start'], {
    cwd: repository,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const pid = child.pid ?? 0;
  const kill = () => killGroup(child);
  try {
    await waitFor(
      async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
        const ready = (await (await fetch(`${url}/readyz`)).json()) as ReadyAnswer;
        return ready.status === 'ok' && text.includes('ready');
      },
      { timeoutMs: options.timeoutMs ?? 90_000, everyMs: 100, what: 'the ready fleet' },
    );
  } catch (cause) {
    kill();
    throw new Error(`Gradeflow did not start. It printed:\n${text}`, { cause });
  }
  const demo = JSON.parse(await readFile(path.join(options.dataDir, 'demo.json'), 'utf8')) as Fleet['demo'];
  return { url, pid, demo, output: () => text, processes: () => descendants(pid), interrupt: () => interrupt(child), kill };
}

function killGroup(child: ChildProcess): void {
  for (const { pid } of descendants(child.pid ?? 0)) signal(pid, 'SIGKILL');
  if (child.pid) signal(-child.pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Already gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function interrupt(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve(child.exitCode);
    child.once('exit', resolve);
    signal(-(child.pid ?? 0), 'SIGINT');
  });
}

/** Every process whose chain of parents leads to `root`, from /proc. */
export function descendants(root: number): Array<{ pid: number; command: string }> {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describeProcess(Number(name)));
  const found = new Set([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => pid !== root && found.has(pid)).map(({ pid, command }) => ({ pid, command }));
}

function describeProcess(pid: number): Array<{ pid: number; parent: number; command: string }> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0), command }];
  } catch {
    return []; // It ended in the meantime.
  }
}

/** Calls of one signed-in person. */
export interface Session {
  accessToken: string;
  get(route: string): Promise<Response>;
  json<T>(route: string): Promise<T>;
  post(route: string, body: unknown): Promise<Response>;
  upload(assessmentId: string, file: Uint8Array<ArrayBuffer>, label: string): Promise<{ id: string; response: Response }>;
  /** Polls until GRADED, NEEDS_REVIEW or FAILED. */
  follow(id: string, timeoutMs?: number): Promise<SubmissionView>;
  /** Polls until all four stages are COMPLETED: the marks are there a moment before the last stage is stamped. */
  settle(id: string): Promise<SubmissionView>;
}

export async function signIn(fleet: Fleet, role: string): Promise<Session> {
  const account = fleet.demo.accounts.find((candidate) => candidate.role === role);
  const login = await fetch(`${fleet.url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: account?.email, password: account?.password }),
  });
  if (login.status !== 200) throw new Error(`login answered ${login.status}: ${await login.text()}`);
  const { accessToken } = (await login.json()) as { accessToken: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  const get = (route: string) => fetch(`${fleet.url}${route}`, { headers });
  const json = async <T>(route: string): Promise<T> => {
    const response = await get(route);
    if (response.status !== 200) throw new Error(`${route} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    accessToken,
    get,
    json,
    post: (route, body) =>
      fetch(`${fleet.url}${route}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    upload: async (assessmentId, file, label) => {
      const form = new FormData();
      form.set('label', label);
      form.set('file', new Blob([file], { type: 'application/pdf' }), 'sheet.pdf');
      const response = await fetch(`${fleet.url}/v1/assessments/${assessmentId}/submissions`, { method: 'POST', headers, body: form });
      const { id } = (await response.clone().json()) as { id: string };
      return { id, response };
    },
    follow: (id, timeoutMs = 60_000) =>
      waitFor(
        async () => {
          const view = await json<SubmissionView>(`/v1/submissions/${id}`);
          return ['GRADED', 'NEEDS_REVIEW', 'FAILED'].includes(view.status) ? view : null;
        },
        { timeoutMs, everyMs: 100, what: `the end of submission ${id}` },
      ),
    settle: (id) =>
      waitFor(
        async () => {
          const view = await json<SubmissionView>(`/v1/submissions/${id}`);
          return view.stages.every((stage) => stage.status === 'COMPLETED') ? view : null;
        },
        { everyMs: 50, what: `the stamps of submission ${id}` },
      ),
  };
}

import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isAlive } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSupervisor, type ProgramSpec, type Supervisor } from './supervisor.ts';

let dir: Awaited<ReturnType<typeof createTempDir>>;
let supervisor: Supervisor;
let lines: Array<{ name: string; line: string }>;
let notices: string[];
let exited: string[];

beforeEach(async () => {
  dir = await createTempDir();
  [lines, notices, exited] = [[], [], []];
  supervisor = supervise();
});
afterEach(async () => {
  supervisor.kill();
  await dir.remove();
});

/** Dying young means within `healthyMs`: long, since a busy machine takes its time to start a process. */
const supervise = (healthyMs = 20_000) =>
  createSupervisor({
    onLine: (name, line) => lines.push({ name, line }),
    onNotice: (text) => notices.push(text),
    onExit: (instanceId) => exited.push(instanceId),
    minBackoffMs: 50,
    maxBackoffMs: 200,
    healthyMs,
  });

/** A real program: the text of an ES module run by this Node. */
async function program(name: string, source: string, more: Partial<ProgramSpec> = {}): Promise<ProgramSpec> {
  const file = path.join(dir.path, `${name}.mjs`);
  await writeFile(file, source);
  return { name, command: process.execPath, args: [file], env: process.env, ...more };
}
const saysStarted = "console.log('started', process.pid, process.env.INSTANCE_ID);";
const staysUp = 'setInterval(() => {}, 1000);';
const pidsOf = (name: string) =>
  lines.filter((entry) => entry.name === name && entry.line.startsWith('started')).map((entry) => Number(entry.line.split(' ')[1]));

describe('the supervisor', () => {
  it('starts a killed program again at once and names the instance whose jobs are free now', async () => {
    supervisor.start(await program('app', `${saysStarted}${staysUp}`));
    await waitFor(() => pidsOf('app').length === 1);
    const [first] = pidsOf('app');
    const instanceId = lines[0]?.line.split(' ')[2];
    process.kill(first as number, 'SIGKILL');
    await waitFor(() => pidsOf('app').length === 2);
    expect(exited).toEqual([instanceId]);
    expect(instanceId).toMatch(/^app-[0-9a-f]{8}$/);
    expect(lines.at(-1)?.line.split(' ')[2]).not.toBe(instanceId);
    expect(notices).toEqual([expect.stringMatching(/^app ended \(SIGKILL\), starts again in 0.05 s$/)]);
  });

  it('waits twice as long each time while a program dies young, up to the limit', async () => {
    supervisor.start(await program('app', `${saysStarted}process.exit(3);`));
    await waitFor(() => notices.length >= 5);
    expect(notices.slice(0, 5).map((notice) => /again in (.*) s/.exec(notice)?.[1])).toEqual(['0.05', '0.1', '0.2', '0.2', '0.2']);
    expect(notices[0]).toMatch(/exit code 3/);
  });

  it('forgets the wait once a program has lived long', async () => {
    supervisor = supervise(2_000);
    const counter = path.join(dir.path, 'count');
    const source = `import fs from 'node:fs'; ${saysStarted}
      fs.appendFileSync(${JSON.stringify(counter)}, 'x');
      const runs = fs.readFileSync(${JSON.stringify(counter)}).length;
      setTimeout(() => process.exit(1), runs === 3 ? 2_100 : 0);`;
    supervisor.start(await program('app', source));
    await waitFor(() => notices.length >= 3);
    expect(notices.slice(0, 3).map((notice) => /again in (.*) s/.exec(notice)?.[1])).toEqual(['0.05', '0.1', '0.05']);
  });

  it('stops by SIGTERM what ends well, by force what does not, and starts nothing again', async () => {
    const note = path.join(dir.path, 'drained');
    const drains = `import fs from 'node:fs'; process.on('SIGTERM', () => { fs.writeFileSync(${JSON.stringify(note)}, 'yes'); process.exit(0); });`;
    supervisor.start(await program('good', `${drains}${staysUp}${saysStarted}`));
    supervisor.start(await program('deaf', `process.on('SIGTERM', () => {});${staysUp}${saysStarted}`));
    await waitFor(() => pidsOf('good').length === 1 && pidsOf('deaf').length === 1);
    const pids = [...pidsOf('good'), ...pidsOf('deaf')];
    await supervisor.stop(['good', 'deaf'], 500);
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
    expect(await readFile(note, 'utf8')).toBe('yes');
    expect(notices).toEqual([expect.stringMatching(/^deaf is not done/)]);
    expect(exited).toHaveLength(2);
  });

  it('leaves nothing of what a program had started', async () => {
    const child = `${saysStarted}${staysUp}`;
    const source = `import { spawn } from 'node:child_process'; ${saysStarted}
      spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); ${staysUp}`;
    supervisor.start(await program('parent', source));
    await waitFor(() => pidsOf('parent').length === 2);
    const pids = pidsOf('parent');
    await supervisor.stop(['parent'], 1_000);
    await waitFor(async () => (await Promise.all(pids.map(isAlive))).every((alive) => !alive));
  });

  it('stops a program that is waiting to be started again', async () => {
    supervisor.start(await program('app', 'process.exit(1);'));
    await waitFor(() => notices.length >= 3);
    await supervisor.stop(['app'], 1_000);
    const ofApp = () => notices.filter((notice) => notice.startsWith('app ')).length;
    const before = ofApp();
    // Another program's third restart is the clock: the stopped one had to come back before it.
    supervisor.start(await program('clock', 'process.exit(1);'));
    await waitFor(() => notices.filter((notice) => notice.startsWith('clock ')).length >= 4);
    expect(ofApp()).toBe(before);
  });

  it('gives a program the lower priority that it asks for, and a channel that ends with the supervisor', async () => {
    supervisor.start(await program('app', `${staysUp}${saysStarted}console.log('connected', process.connected);`, { niceness: 10 }));
    await waitFor(() => lines.length === 2);
    expect(os.getPriority(pidsOf('app')[0] as number)).toBe(10);
    expect(lines[1]?.line).toBe('connected true');
  });
});

import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end. Rejects with what it wrote to stderr when it fails. */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<string> {
  const { stdout } = await execute(name, [...args], { ...options, env: { ...process.env, ...options.env }, maxBuffer: 256e6 });
  return stdout;
}

/** First line of `name --version`; null when there is no such program. */
export function findVersion(name: string): string | null {
  try {
    return (
      execFileSync(name, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
        .split('\n')[0]
        ?.trim() ?? ''
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Wall and CPU seconds of work. CPU counts this process and those of its children that have ended meanwhile (Linux). */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; cpuSeconds: number }> {
  const [start, cpu] = [performance.now(), cpuSecondsOfFamily()];
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1_000, cpuSeconds: cpuSecondsOfFamily() - cpu };
}

/** utime, stime, cutime and cstime of /proc/self/stat, in ticks of 10 ms. */
function cpuSecondsOfFamily(): number {
  return readStat('self').cpuSeconds;
}

/**
 * CPU seconds so far of the programs that children of this process keep running: whoever kills a child with its programs loses them, since nobody is
 * there to wait for them (Linux).
 */
export function cpuSecondsOfGrandchildren(): number {
  const all = readAllStats();
  return sumOfChildren(all, new Set(all.filter(({ parent }) => parent === process.pid).map(({ pid }) => pid)));
}

/** CPU seconds so far of running children of this process, for one that ends without waiting for them (Linux). */
export function cpuSecondsOfChildren(): number {
  return sumOfChildren(readAllStats(), new Set([process.pid]));
}

type Stat = ReturnType<typeof readStat> & { pid: number };

function sumOfChildren(all: readonly Stat[], parents: ReadonlySet<number>): number {
  return all.filter(({ parent }) => parents.has(parent)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

function readAllStats(): Stat[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [{ pid: Number(name), ...readStat(name) }];
    } catch {
      return []; // it ended between two looks
    }
  });
}

/** CPU seconds that a running process has used so far, in steps of 10 ms (Linux). */
export function cpuSecondsOf(pid: number): number {
  return readStat(String(pid)).cpuSeconds;
}

/** The same without the children that it has started and that have ended meanwhile. */
export function ownCpuSecondsOf(pid: number): number {
  return readStat(String(pid)).ownCpuSeconds;
}

function readStat(pid: string): { parent: number; cpuSeconds: number; ownCpuSeconds: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const seconds = (from: number, to: number) => fields.slice(from, to).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  return { parent: Number(fields[1]), cpuSeconds: seconds(11, 15), ownCpuSeconds: seconds(11, 13) };
}

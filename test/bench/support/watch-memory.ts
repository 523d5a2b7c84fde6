import { readdirSync, readFileSync } from 'node:fs';

/** Peaks of a worker and of its children since the watch began, in MB. A child counts with the programs that it started. */
export interface MemoryPeaks {
  workerMb: number;
  childMb: number;
  /** All children together at one moment. */
  childrenMb: number;
}

export interface MemoryWatch {
  peaks(): MemoryPeaks;
  stop(): void;
}

const everyMs = 50;

/** Looks at the resident memory of a process and of its children, each with what it started itself, twenty times a second (Linux). */
export function watchMemory(pid: number): MemoryWatch {
  const peaks: MemoryPeaks = { workerMb: 0, childMb: 0, childrenMb: 0 };
  const look = () => {
    const all = listProcesses();
    const children = all.filter(({ parent }) => parent === pid).map((child) => withDescendants(child, all));
    peaks.workerMb = Math.max(peaks.workerMb, all.find((one) => one.pid === pid)?.residentMb ?? 0);
    peaks.childMb = Math.max(peaks.childMb, ...children);
    peaks.childrenMb = Math.max(
      peaks.childrenMb,
      children.reduce((sum, mb) => sum + mb, 0),
    );
  };
  look();
  const timer = setInterval(look, everyMs);
  return { peaks: () => ({ ...peaks }), stop: () => clearInterval(timer) };
}

interface Process {
  pid: number;
  parent: number;
  residentMb: number;
}

function withDescendants({ pid, residentMb }: Process, all: readonly Process[]): number {
  return all.filter(({ parent }) => parent === pid).reduce((sum, child) => sum + withDescendants(child, all), residentMb);
}

function listProcesses(): Process[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []));
}

/** A process may end between two looks at it: then it holds nothing. */
function readProcess(pid: number): Process[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (pattern: RegExp) => Number(pattern.exec(status)?.[1] ?? 0);
    return [{ pid, parent: number(/^PPid:\s+(\d+)/m), residentMb: number(/^VmRSS:\s+(\d+) kB/m) / 1_000 }];
  } catch {
    return [];
  }
}

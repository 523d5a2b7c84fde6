import { descendants } from '../../e2e/fleet.ts';

/** Stops servers with all their processes for the time of `work`: they keep their connections and answer nothing. */
export async function whilePaused<T>(pids: readonly number[], work: () => Promise<T>): Promise<T> {
  const all = pids.flatMap((pid) => [pid, ...descendants(pid).map((process) => process.pid)]);
  signal(all, 'SIGSTOP');
  try {
    return await work();
  } finally {
    signal(all, 'SIGCONT');
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

import { parentPort, workerData } from 'node:worker_threads';

/**
 * Thread of a reading child. A page that keeps the main thread busy keeps it from noticing that its parent is gone;
 * this thread sees the parent's process id change and ends the process group.
 */
const { parentPid, everyMs } = workerData as { parentPid: number; everyMs: number };

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(-process.pid, 'SIGKILL');
}, everyMs);
parentPort?.unref();

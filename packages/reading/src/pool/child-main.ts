import { Worker } from 'node:worker_threads';
import { createReader } from '../reader.ts';
import { type ChildAnswer, type ChildSettings, type ChildTask, toPlainError } from './protocol.ts';

/** Entry of a reading child: one task at a time, in the order they come; ends with its parent. */
const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;
const reader = createReader(settings);

process.on('disconnect', () => process.exit(0));
new Worker(new URL('./parent-watch.ts', import.meta.url), { workerData: { parentPid: process.ppid, everyMs: 1_000 } }).unref();

const answer = (message: ChildAnswer): void => {
  process.send?.(message);
};

process.on('message', (task: ChildTask) => {
  const work = task.kind === 'inspect' ? reader.inspect(task.absolutePath) : reader.readPage(task.request);
  void work
    .then(
      (value) => answer({ kind: 'result', value, rssBytes: process.memoryUsage.rss() }),
      (error: unknown) => answer({ kind: 'error', error: toPlainError(error), rssBytes: process.memoryUsage.rss() }),
    )
    .finally(() => reader.prepareNext(task.kind));
});

answer({ kind: 'ready' });

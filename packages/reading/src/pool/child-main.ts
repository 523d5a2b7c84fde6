import { Worker } from 'node:worker_threads';
import { createReader } from '../reader.ts';
import { createKnownPages } from './known-pages.ts';
import { type ChildAnswer, type ChildSettings, type ParentMessage, toPlainError } from './protocol.ts';

/** Entry of a reading child: one task at a time, in the order they come; ends with its parent, and takes along the programs that it started. */
const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;
const answer = (message: ChildAnswer): void => {
  process.send?.(message);
};
const known = createKnownPages((question, contentHash) => answer({ kind: 'is-known', question, contentHash }));
const reader = createReader(settings, known);

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
new Worker(new URL('./parent-watch.ts', import.meta.url), { workerData: { parentPid: process.ppid, everyMs: 1_000 } }).unref();

process.on('message', (task: ParentMessage) => {
  if (task.kind === 'known') return known.settle(task.question, task.page);
  const work = task.kind === 'inspect' ? reader.inspect(task.absolutePath) : reader.readPage(task.request);
  void work
    .then(
      (value) => answer({ kind: 'result', value, rssBytes: process.memoryUsage.rss() }),
      (error: unknown) => answer({ kind: 'error', error: toPlainError(error), rssBytes: process.memoryUsage.rss() }),
    )
    .finally(() => reader.prepareNext(task.kind));
});

answer({ kind: 'ready' });

import { flushCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { createReader } from '../reader.ts';
import { createKnownPages } from './known-pages.ts';
import { type ChildAnswer, type ChildSettings, type ChildTask, type ParentMessage, type TaskResults, toPlainError } from './protocol.ts';

/** Entry of a reading child: one task at a time, in the order they come; ends with its parent, and takes along the programs that it started. */
const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;
const answer = (message: ChildAnswer): void => {
  process.send?.(message);
};
const known = createKnownPages((question, contentHash) => answer({ kind: 'is-known', question, contentHash }));
const reader = createReader(settings, known);

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
new Worker(new URL('./parent-watch.ts', import.meta.url), { workerData: { parentPid: process.ppid, everyMs: 1_000 } }).unref();

function carryOut(task: ChildTask): Promise<TaskResults[keyof TaskResults]> {
  switch (task.kind) {
    case 'inspect':
      return reader.inspect(task.absolutePath);
    case 'read-page':
      return reader.readPage(task.request);
    case 'propose-questions':
      return reader.proposeQuestions(task.pages);
  }
}

const kept = new Set<ChildTask['kind']>();
/** Into the compile cache (NODE_COMPILE_CACHE) where there is one: it is written when a process exits, and this one is killed in the end. */
function keepCompiled(kind: ChildTask['kind']): void {
  if (kept.has(kind)) return;
  kept.add(kind);
  flushCompileCache();
}

process.on('message', (task: ParentMessage) => {
  if (task.kind === 'known') return known.settle(task.question, task.page);
  void carryOut(task)
    .then(
      (value) => answer({ kind: 'result', value, rssBytes: process.memoryUsage.rss() }),
      (error: unknown) => answer({ kind: 'error', error: toPlainError(error), rssBytes: process.memoryUsage.rss() }),
    )
    .finally(() => {
      reader.prepareNext(task.kind);
      keepCompiled(task.kind);
    });
});

answer({ kind: 'ready' });

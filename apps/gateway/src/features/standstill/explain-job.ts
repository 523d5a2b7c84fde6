import type { WaitingFor } from '@gradeflow/contracts';
import type { JobPlace, QueueOverview } from '@gradeflow/queue';

/** What is known beside the job itself. */
export interface Surroundings {
  overview: QueueOverview;
  /** Since when the thing stands still. */
  since: Date;
  now: Date;
  /** How long the reconciler takes at most to act on what it finds. */
  reconcileMs: number;
}

/** Which process does which jobs. */
const workerOf: Record<string, string> = {
  'extract-sheet': 'worker-ocr',
  'extract-paper': 'worker-ocr',
  'read-page': 'worker-ocr',
  'persist-file': 'worker-ingest',
  'record-metadata': 'worker-ingest',
  'grade-submission': 'worker-grading',
  'build-report': 'worker-reports',
  'deliver-notification': 'worker-notifications',
  'mail-secret': 'worker-notifications',
};

/** The reconciler lives in the process that takes these. */
const reconcilersQueue = 'record-metadata';

/** Faults of which nobody outside should read the words. */
const wordless = new Set(['INTERNAL', 'JOB_FAILED']);

/**
 * Why the work behind this job does not go on; null when it is just about to. The deepest open jobs tell: what runs among them comes first, then what
 * needs help before what passes by itself. A QUEUED answer says in which queue, for whoever can count what is before it.
 */
export function explainJob(place: JobPlace, around: Surroundings): { waitingFor: WaitingFor; queued: JobPlace | null } | null {
  const leaves = leavesOf(place);
  const isServed = ({ queue }: JobPlace) => hasWorker(around.overview, queue);
  const says = waitingSince(around.since);
  const running = leaves.find((leaf) => leaf.state === 'active' && isServed(leaf));
  if (running) return { waitingFor: says('WORKING', working(running)), queued: null };
  const unserved = leaves.find((leaf) => ['active', 'waiting', 'delayed'].includes(leaf.state) && !isServed(leaf));
  if (unserved) return { waitingFor: says('NO_WORKER', noWorker(unserved.queue)), queued: null };
  if (place.state === 'missing') return { waitingFor: notQueued(around), queued: null };
  if (place.state === 'completed' || place.state === 'failed') return { waitingFor: ended(place, around), queued: null };
  // A parent whose children are all known to have ended is on its way by itself, unless the queue has lost one.
  if (leaves.some(({ state }) => state === 'missing' || state === 'waiting-children')) {
    const next = 'The queue has lost a step of it. It is started again by itself within a minute; nothing of the upload is lost.';
    return { waitingFor: says('LOST_FLOW', next), queued: null };
  }
  const queued = leaves.find(({ state }) => state === 'waiting');
  const paused = leaves.find(({ state, queue }) => state === 'waiting' && isPaused(around.overview, queue));
  if (paused)
    return {
      waitingFor: says('QUEUE_PAUSED', `The queue ${paused.queue} is paused; it goes on when an operator resumes it.`),
      queued: null,
    };
  const delayed = leaves
    .filter(({ state }) => state === 'delayed')
    .toSorted((a, b) => (a.dueAt?.getTime() ?? 0) - (b.dueAt?.getTime() ?? 0))[0];
  if (delayed) return { waitingFor: says('RETRYING', retrying(delayed), delayed.dueAt), queued: null };
  if (queued) return { waitingFor: says('QUEUED', busy(queued.queue, null)), queued };
  return null;
}

/** The sentence of a job that waits its turn. `before`: how many are taken first; null when that is not known. */
export function busy(queue: string, before: number | null): string {
  const order = before === null ? '' : before === 0 ? ' It is the next one.' : ` ${before} ${before === 1 ? 'is' : 'are'} before it.`;
  return `All workers for ${queue} are busy; one takes it as soon as it is free.${order}`;
}

/** What the queue knows nothing of: the reconciler finds it at its next round, if there is one. */
export function notQueued({ overview, since, now, reconcileMs }: Surroundings): WaitingFor {
  const says = waitingSince(since);
  if (!hasWorker(overview, reconcilersQueue)) return says('NO_WORKER', noWorker(reconcilersQueue));
  const next = 'The queue does not know it, or has lost it. It is queued again by itself; nothing of the upload is lost.';
  return says('NOT_QUEUED', next, new Date(now.getTime() + reconcileMs));
}

function ended(place: JobPlace, { overview, since, now, reconcileMs }: Surroundings): WaitingFor {
  const says = waitingSince(since);
  if (!hasWorker(overview, reconcilersQueue)) return says('NO_WORKER', noWorker(reconcilersQueue));
  const because = reasonWords(place);
  return says(
    'RETRYING',
    `Its last run ended without a result${because}. The next one starts by itself.`,
    new Date(now.getTime() + reconcileMs),
  );
}

/** Long steps are silent, so that this is said of them too: nobody has to guess whether somebody is still at it. */
function working({ queue, attempts }: JobPlace): string {
  const before = attempts === 0 ? '' : ` Tried ${attempts} ${attempts === 1 ? 'time' : 'times'} before.`;
  return `A worker is at it (${queue}). It takes long; should the worker die, another one takes over within seconds.${before}`;
}

function retrying(place: JobPlace): string {
  return `The step ${place.queue} did not succeed${reasonWords(place)} and is tried again by itself (${place.attempts} so far).`;
}

function reasonWords({ reason }: JobPlace): string {
  if (reason === null || wordless.has(reason.code)) return '';
  return ` (${reason.detail.replace(/\.$/, '')})`;
}

function noWorker(queue: string): string {
  return `No process that takes ${queue} is running. It goes on by itself once ${workerOf[queue] ?? 'its worker'} is there again.`;
}

/** Makes sentences about what stands still since then. */
export function waitingSince(since: Date): (cause: string, next: string, nextAt?: Date | null) => WaitingFor {
  return (cause, next, nextAt = null) => ({ cause, since: since.toISOString(), next, nextAt: nextAt?.toISOString() ?? null });
}

/** The deepest jobs that are open below this one, or itself. */
function leavesOf(place: JobPlace): JobPlace[] {
  return place.children.length === 0 ? [place] : place.children.flatMap(leavesOf);
}

function hasWorker({ workers }: QueueOverview, queue: string): boolean {
  return workers.some(({ alive, queues }) => alive && queues.includes(queue));
}

function isPaused({ queues }: QueueOverview, queue: string): boolean {
  return queues.some(({ name, paused }) => name === queue && paused);
}

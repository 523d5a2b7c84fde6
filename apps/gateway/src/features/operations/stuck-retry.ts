import { type RetryOutcome, StageName } from '@gradeflow/contracts';
import type { Actor, Database, QuestionPaper, Report, Submission } from '@gradeflow/database';
import { AppError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import type { JobPlace, JobProducer, JobRef, QueueLook } from '@gradeflow/queue';
import type { QuarantinedEntry, Spool } from '@gradeflow/spool';
import { databaseAway, type PostgresGuard } from '../../access/postgres-guard.ts';
import { idsUnder } from '../../http/idempotency.ts';
import { lastJobOf } from '../standstill/standstills.ts';

/**
 * Tries things again that stand still: one outcome an id, in order, and no id stops the others. Under the same `callId` nothing is tried a second time that is on record
 * already, as Postgres tells while it answers. Never throws.
 */
export type RetryStuck = (actor: Actor, ids: readonly string[], callId: string) => Promise<RetryOutcome[]>;

interface Deps {
  database: Pick<Database, 'submissions' | 'questionPapers' | 'reports' | 'audit'>;
  spool: Spool;
  producer: JobProducer;
  look: QueueLook;
  guard: PostgresGuard;
  log: Logger;
}

type Verdict = Omit<RetryOutcome, 'id'>;

/** One thing of a call: who asks, and the id under which its retry is put on record. */
interface Ask {
  actor: Actor;
  id: string;
  eventId: string;
}

/** What an event on the record is about. */
interface Subject {
  type: 'submission' | 'question-paper' | 'report';
  id: string;
  institutionId: string;
  assessmentId: string;
}

type Kept =
  | { kind: 'submission'; row: Submission }
  | { kind: 'question-paper'; row: QuestionPaper }
  | { kind: 'report'; row: Report }
  | { kind: 'none' };

const done = (detail: string): Verdict => ({ outcome: 'RETRIED', detail });
const moving: Verdict = { outcome: 'MOVING', detail: 'It is under way and waits for nothing that a retry could give.' };
/** A paper is read from the spool alone, where one that failed stays for a week. */
const paperGone = 'The uploaded file is not kept any more: somebody has to upload the paper again.';
const notPossible = (detail: string): Verdict => ({ outcome: 'NOT_POSSIBLE', detail });

export function createRetryStuck(deps: Deps): RetryStuck {
  const { log } = deps;

  const retryOne = async (ask: Ask, apart: QuarantinedEntry | undefined): Promise<Verdict> => {
    const { id } = ask;
    try {
      if (await wasTried(deps, ask)) return done('It was tried again when this was first asked.');
      return apart ? await restore(deps, ask, apart) : await retryKept(deps, ask);
    } catch (error) {
      const detail = error instanceof AppError ? error.message : 'Something unexpected stopped it; the log has more.';
      if (!(error instanceof AppError)) log.error({ err: error, id }, 'a retry by an operator failed');
      return { outcome: 'UNKNOWN', detail };
    }
  };

  return async (actor, ids, callId) => {
    const eventIds = idsUnder(callId, ids.length);
    const outcomes: RetryOutcome[] = [];
    // While the spool does not answer nothing can be given back, and all else may still be tried.
    const apart = new Map((await deps.spool.listQuarantined().catch(() => [])).map((entry) => [entry.id.toLowerCase(), entry]));
    for (const [index, id] of ids.entries()) {
      // An id in capitals is the same id, but not the same name of a job.
      const named = id.toLowerCase();
      const verdict = await retryOne({ actor, id: named, eventId: eventIds[index] ?? callId }, apart.get(named));
      log.info({ id, operator: actor.userId, outcome: verdict.outcome }, 'an operator tried something again');
      outcomes.push({ id, ...verdict });
    }
    return outcomes;
  };
}

/** While Postgres is silent nothing is known of an earlier attempt; then nothing is put on record either. */
async function wasTried({ database, guard }: Deps, { id, eventId }: Ask): Promise<boolean> {
  const asked = await guard.ask(() => database.audit.find(eventId));
  return asked.answered && asked.value?.subjectId === id;
}

/** Gives a quarantined entry back to the pipeline. */
async function restore(deps: Deps, ask: Ask, entry: QuarantinedEntry): Promise<Verdict> {
  const { spool } = deps;
  const { id } = entry;
  if (!entry.manifest) return notPossible('What it is cannot be read: its folder in the quarantine has to be mended by hand first.');
  if (!(await spool.restore(id))) return notPossible('An upload of the same id is under way: this one stays where it is.');
  await spool.forgetCrashes(id);
  const { institutionId, assessmentId, purpose = 'submission' } = entry.manifest;
  await record(deps, ask, { type: purpose, id, institutionId, assessmentId });
  return done('It was given back to the pipeline and is queued at the reconciler’s next round.');
}

async function retryKept(deps: Deps, ask: Ask): Promise<Verdict> {
  const { id } = ask;
  const asked = await deps.guard.ask(() => findKept(deps, id));
  const kept: Kept = asked.answered ? asked.value : { kind: 'none' };
  if (kept.kind === 'none') return retrySpooled(deps, ask, asked.answered);
  const subject: Subject = { type: kept.kind, id, institutionId: kept.row.institutionId, assessmentId: kept.row.assessmentId };
  const verdict = await retryRow(deps, kept);
  if (verdict.outcome === 'RETRIED') await record(deps, ask, subject);
  return verdict;
}

async function findKept({ database }: Deps, id: string): Promise<Kept> {
  const submission = await database.submissions.find(id);
  if (submission) return { kind: 'submission', row: submission };
  const paper = await database.questionPapers.find(id);
  if (paper) return { kind: 'question-paper', row: paper };
  const report = await database.reports.find(id);
  return report ? { kind: 'report', row: report } : { kind: 'none' };
}

function retryRow(deps: Deps, kept: Exclude<Kept, { kind: 'none' }>): Promise<Verdict> {
  if (kept.kind === 'submission') return retrySubmission(deps, kept.row);
  return kept.kind === 'question-paper' ? retryPaper(deps, kept.row) : retryReport(deps, kept.row);
}

/** Accepted and not recorded: only the queue can have lost it. */
async function retrySpooled(deps: Deps, ask: Ask, databaseUp: boolean): Promise<Verdict> {
  const { id } = ask;
  const { spool, producer } = deps;
  const manifest = (await spool.isDeleted(id)) ? null : await spool.findManifest(id);
  if (!manifest) {
    if (!databaseUp) throw databaseAway();
    return { outcome: 'NOT_FOUND', detail: 'There is nothing of this id.' };
  }
  const purpose = manifest.purpose ?? 'submission';
  const share = { institutionId: manifest.institutionId, pages: manifest.pagesTotal };
  const add = () =>
    purpose === 'submission'
      ? producer.enqueueSubmission({ submissionId: id, run: 1, share })
      : producer.enqueueQuestionPaper({ paperId: id, run: 1, share });
  // Its row is made by the reconciler, and whatever follows from it.
  const verdict = await push(deps, { job: lastJobOf[purpose](id, 1), add, again: async () => moving });
  const { institutionId, assessmentId } = manifest;
  if (verdict.outcome === 'RETRIED') await record(deps, ask, { type: purpose, id, institutionId, assessmentId });
  return verdict;
}

async function retrySubmission(deps: Deps, row: Submission): Promise<Verdict> {
  const { database, spool, producer } = deps;
  const { id, status, run, institutionId } = row;
  if (status === 'GRADED' || status === 'NEEDS_REVIEW') return notPossible('It is graded, or waits for people.');
  const inSpool = (await spool.findManifest(id)) !== null;
  const enqueue = (next: number) =>
    inSpool
      ? producer.enqueueSubmission({ submissionId: id, run: next, share: { institutionId, pages: row.pagesTotal } })
      : producer.enqueueGrading({ submissionId: id, run: next, share: { institutionId } });
  // What has left the spool is read, stored and recorded: its run is about grading alone.
  const stages: StageName[] = inSpool ? StageName.options : ['grade'];
  const again = async () => {
    const next = await database.submissions.nextRun(id, { fromFailed: status === 'FAILED', stages, ifRun: run });
    if (!next) return moving;
    await spool.forgetCrashes(id);
    return queuedOrLater(() => enqueue(next.run));
  };
  return status === 'FAILED' ? again() : push(deps, { job: lastJobOf.submission(id, run), add: () => enqueue(run), again });
}

async function retryPaper(deps: Deps, { id, status, run, institutionId, pagesTotal: pages }: QuestionPaper): Promise<Verdict> {
  const { database, spool, producer } = deps;
  if (status === 'READY' || status === 'CONFIRMED') return notPossible('It is read.');
  const fromFailed = status === 'FAILED';
  if (fromFailed && (await spool.findManifest(id)) === null) return notPossible(paperGone);
  const enqueue = (next: number) => producer.enqueueQuestionPaper({ paperId: id, run: next, share: { institutionId, pages } });
  const again = async () => {
    const next = await database.questionPapers.nextRun(id, { ifRun: run, fromFailed });
    if (!next) return moving;
    await spool.forgetCrashes(id);
    return queuedOrLater(() => enqueue(next.run));
  };
  if (fromFailed) return again();
  return push(deps, { job: lastJobOf['question-paper'](id, run), add: () => enqueue(run), again });
}

async function retryReport(deps: Deps, { id, status }: Report): Promise<Verdict> {
  const { database, producer, look } = deps;
  if (status === 'READY') return notPossible('It is ready.');
  const job = lastJobOf.report(id);
  const again = async () =>
    (await look.tryNow(job)) ? done('It is built again.') : notPossible('Somebody has to ask for the report again.');
  const verdict = await push(deps, { job, add: () => producer.enqueueReport(id), again });
  if (status === 'FAILED' && verdict.outcome === 'RETRIED') await database.reports.setStatus(id, 'QUEUED', { progress: 0, reason: null });
  return verdict;
}

interface Push {
  job: JobRef;
  /** Adds what the queue does not know; harmless for what it knows. */
  add: () => Promise<void>;
  /** Begins anew what has ended without a result. */
  again: () => Promise<Verdict>;
}

/** Adds what the queue does not know and ends the pauses between tries; what waits its turn keeps it. */
async function push({ look }: Deps, { job, add, again }: Push): Promise<Verdict> {
  const [place] = await look.places([job]);
  if (place?.state === 'completed' || place?.state === 'failed') return again();
  const open = place ? openJobs(place) : [];
  if (open.some(({ state }) => state === 'missing' || state === 'waiting-children')) {
    await add();
    return done('It was queued again.');
  }
  let tried = 0;
  for (const one of open) if (one.state === 'delayed' && (await look.tryNow(one))) tried += 1;
  return tried > 0 ? done('Its next try begins at once.') : moving;
}

function openJobs(place: JobPlace): JobPlace[] {
  return place.children.length === 0 ? [place] : place.children.flatMap(openJobs);
}

/** The run is decided by its row; a queue that is away delays it and loses nothing. */
async function queuedOrLater(enqueue: () => Promise<void>): Promise<Verdict> {
  try {
    await enqueue();
    return done('Its next run was queued.');
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'QUEUE_UNAVAILABLE')) throw error;
    return done('Its next run is queued by itself once the queue is back.');
  }
}

/** On the record of its institution. Whoever belongs to another one is an operator there and nobody's acquaintance: only the id is kept. */
async function record({ database, guard }: Deps, { actor, eventId }: Ask, subject: Subject): Promise<void> {
  const { type, id, institutionId, assessmentId } = subject;
  await guard.ask(() =>
    database.audit.insert({
      id: eventId,
      ...{ institutionId, assessmentId, subjectType: type, subjectId: id },
      actorId: actor.institutionId === institutionId ? actor.userId : null,
      action: 'operations.retried',
      data: { operator: actor.userId },
    }),
  );
}

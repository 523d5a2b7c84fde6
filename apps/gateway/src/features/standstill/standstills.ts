import { buildReport, extractPaper, gradeSubmission, type JobDefinition, type WaitingFor } from '@gradeflow/contracts';
import type { Stage } from '@gradeflow/database';
import { type JobPlace, type JobRef, jobIdOf, type QueueLook } from '@gradeflow/queue';
import { createPostgresGuard as createGuard } from '../../access/postgres-guard.ts';
import { busy, explainJob, waitingSince } from './explain-job.ts';

/** Something unfinished that may stand still. */
export interface Unfinished {
  /** Its last job: what is below it is found by itself. */
  job: JobRef;
  /** When it last moved, beside its steps. */
  updatedAt: Date;
  /** Steps as their rows tell; none where none are kept. */
  stages: Stage[];
}

export interface Standstills {
  /**
   * Why this does not move, or that somebody has been at the same step for a while; null while it moves. Asks the queue only about what has not moved for a while, waits 400 ms at most and never throws: a queue
   * that does not answer is the answer.
   */
  explain(thing: Unfinished): Promise<WaitingFor | null>;
  /** The same for many that are known to stand still, for operators. `unknown` while the queue does not answer. */
  explainMany(things: Array<{ job: JobRef; since: Date }>): Promise<Array<WaitingFor | null> | 'unknown'>;
}

export interface StandstillSettings {
  /** Longer without any change is standing still. */
  afterMs: number;
  /** How long the reconciler takes at most to act on what it finds. */
  reconcileMs: number;
}

interface Deps {
  look: QueueLook;
  settings: StandstillSettings;
}

const deadlineMs = 400;

/** The jobs that end a submission's run, a question paper's and a report. */
export const lastJobOf = {
  submission: (id: string, run: number): JobRef => refOf(gradeSubmission, id, run),
  'question-paper': (id: string, run: number): JobRef => refOf(extractPaper, id, run),
  report: (id: string): JobRef => refOf(buildReport, id),
};

function refOf(definition: Pick<JobDefinition, 'name'>, ...parts: Array<string | number>): JobRef {
  return { queue: definition.name, jobId: jobIdOf(definition, ...parts) };
}

export function createStandstills({ look, settings }: Deps): Standstills {
  // It knows nothing of Postgres but the name: a deadline, and a rest after each silence.
  const guard = createGuard({ deadlineMs });

  const countBefore = async (waitingFor: WaitingFor, queued: JobPlace | null): Promise<WaitingFor> =>
    queued === null ? waitingFor : { ...waitingFor, next: busy(queued.queue, await look.position(queued)) };

  const askQueue = async (job: JobRef, since: Date): Promise<WaitingFor | null> => {
    const [[place], overview] = await Promise.all([look.places([job]), look.overview()]);
    const explained = place && explainJob(place, { overview, since, now: new Date(), reconcileMs: settings.reconcileMs });
    return explained ? countBefore(explained.waitingFor, explained.queued) : null;
  };

  return {
    explain: async ({ job, updatedAt, stages }) => {
      const movedAt = lastMove(updatedAt, stages);
      if (Date.now() - movedAt.getTime() < settings.afterMs) {
        const failing = failedStep(stages, movedAt, settings.reconcileMs);
        if (failing || look.isReady() || stages.some(({ status }) => status === 'ACTIVE')) return failing;
        return queueAway(movedAt);
      }
      const asked = await guard.ask(() => askQueue(job, movedAt));
      return asked.answered ? asked.value : queueAway(movedAt);
    },

    explainMany: async (things) => {
      try {
        const overview = await look.overview();
        const places = await look.places(things.map(({ job }) => job));
        const now = new Date();
        return things.map(({ since }, index) => {
          const place = places[index];
          return (place && explainJob(place, { overview, since, now, reconcileMs: settings.reconcileMs })?.waitingFor) ?? null;
        });
      } catch {
        return 'unknown';
      }
    },
  };
}

/** The queue does not answer: what was accepted is safe all the same. */
export function queueAway(since: Date): WaitingFor {
  const next = 'The queue does not answer. The upload is safe and is queued again by itself as soon as the queue is back.';
  return waitingSince(since)('QUEUE_UNAVAILABLE', next);
}

/** Postgres does not answer: the spool is all that is known. */
export function databaseAway(since: Date): WaitingFor {
  const next =
    'The database does not answer. The upload is safe; reading goes on, and it is recorded and finished once the database is back.';
  return waitingSince(since)('DATABASE_UNAVAILABLE', next);
}

/** What students are told: that it waits, is worked on or is tried again, as ever, and nothing of queues, workers and faults inside. */
export function forStudent(waitingFor: WaitingFor | null): WaitingFor | null {
  if (waitingFor === null) return null;
  const says = waitingSince(new Date(waitingFor.since));
  if (waitingFor.cause === 'RETRYING') return says('RETRYING', 'A step did not succeed and is tried again by itself.');
  if (waitingFor.cause === 'WORKING') return says('WORKING', 'It is being worked on; large or difficult pages take longer.');
  return says('QUEUED', 'The next step is taken as soon as there is room for it.');
}

function lastMove(updatedAt: Date, stages: Stage[]): Date {
  return new Date(Math.max(updatedAt.getTime(), ...stages.map((stage) => (stage.finishedAt ?? stage.startedAt)?.getTime() ?? 0)));
}

/** A step whose job ended because a service was away: the next run is the reconciler's. */
function failedStep(stages: Stage[], movedAt: Date, reconcileMs: number): WaitingFor | null {
  const failing = stages.find((stage) => stage.reason !== null && stage.status !== 'COMPLETED');
  if (!failing) return null;
  const next = `The step "${failing.name}" did not succeed (${failing.reason}) and is tried again by itself.`;
  return waitingSince(failing.startedAt ?? movedAt)('RETRYING', next, new Date(Date.now() + reconcileMs));
}

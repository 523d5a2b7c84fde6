import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { WaitingFor } from './submissions.ts';

const Check = z.object({ status: z.enum(['ok', 'down']), detail: z.string().optional() });
export const ReadyAnswer = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.object({ redis: Check, redisCache: Check, postgres: Check, spool: Check, storage: Check, workers: Check }),
});
export type ReadyAnswer = z.infer<typeof ReadyAnswer>;
export const HealthAnswer = z.object({ status: z.literal('ok'), uptimeSeconds: z.number() });

/** One queue and what is in it. */
const QueueView = z.object({
  name: z.string(),
  /** By somebody's order: nothing is taken. */
  paused: z.boolean(),
  /** Jobs by state; finished ones are kept for a while. */
  counts: z.object({
    waiting: z.number().int(),
    prioritized: z.number().int(),
    active: z.number().int(),
    delayed: z.number().int(),
    'waiting-children': z.number().int(),
    completed: z.number().int(),
    failed: z.number().int(),
  }),
  /** The job that is taken next, and since when the queue knows it. */
  oldestWaiting: z.object({ jobId: z.string(), since: Timestamp }).nullable(),
  /** Living processes that take its jobs. */
  workers: z.number().int(),
});

/** A process that takes jobs. */
const WorkerView = z.object({
  instanceId: z.string(),
  alive: z.boolean(),
  /** By the clock of its machine. */
  lastBeatAt: Timestamp.nullable(),
  queues: z.array(z.string()),
  heldJobs: z.array(z.object({ queue: z.string(), jobId: z.string() })),
});

export const OperationsView = z
  .object({
    /** As `/readyz` says it. */
    status: ReadyAnswer.shape.status,
    dependencies: ReadyAnswer.shape.checks,
    /** Null while the queue Redis does not answer. */
    queues: z.array(QueueView).nullable(),
    workers: z.array(WorkerView).nullable(),
    /** Null while its volume does not work. Bytes are counted now and then, at `measuredAt`. */
    spool: z
      .object({
        entries: z.number().int(),
        bytes: z.number().int(),
        oldestAt: Timestamp.nullable(),
        quarantined: z.number().int(),
        quarantinedBytes: z.number().int(),
        measuredAt: Timestamp,
      })
      .nullable(),
  })
  .meta({ id: 'Operations' });
export type OperationsView = z.infer<typeof OperationsView>;

export const StuckItem = z
  .object({
    /** `upload`: an entry of the spool of which nobody can read what it is. */
    kind: z.enum(['submission', 'question-paper', 'report', 'upload']),
    id: Id,
    /** `name` and `title` are null while the database does not answer. */
    institution: z.object({ id: Id, name: z.string().nullable() }).nullable(),
    assessment: z.object({ id: Id, title: z.string().nullable() }).nullable(),
    /** Its own, or where it has none yet: `ACCEPTED` in the spool, `QUARANTINED` set apart. */
    status: z.string(),
    waitingFor: WaitingFor,
  })
  .meta({ id: 'Stuck' });
export type StuckItem = z.infer<typeof StuckItem>;

export const StuckList = z.object({
  /** Longest standing first. A page may have fewer than `limit`, because what has begun to move meanwhile is left out. */
  items: z.array(StuckItem),
  nextCursor: z.string().nullable(),
  /** What could not be asked: the list may lack what only they know. */
  unknown: z.array(z.enum(['database', 'queue', 'spool'])),
});
export type StuckList = z.infer<typeof StuckList>;

export const RetryStuckBody = z.strictObject({ ids: z.array(Id).min(1).max(100) });

export const RetryOutcome = z.object({
  id: Id,
  /** `RETRIED`: it is under way again. `MOVING`: it does not stand still. `UNKNOWN`: what is needed to tell does not answer now. */
  outcome: z.enum(['RETRIED', 'MOVING', 'NOT_POSSIBLE', 'NOT_FOUND', 'UNKNOWN']),
  detail: z.string(),
});
export type RetryOutcome = z.infer<typeof RetryOutcome>;
export const RetryStuckAnswer = z.object({ items: z.array(RetryOutcome) });

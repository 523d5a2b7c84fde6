import type { z } from 'zod';

/** A job type, declared once: queue name = job name = processor file = log and metric label. */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  name: string;
  /** Ids and keys only: never bytes, text or names of people. */
  payload: Payload;
  result: Result;
  /** Tries before the job has failed for good. */
  attempts: number;
  /** First delay between tries; it doubles. */
  backoffMs: number;
  /** One try that takes longer is aborted. */
  timeoutMs: number;
}

export function defineJob<Payload extends z.ZodType, Result extends z.ZodType>(
  job: JobDefinition<Payload, Result>,
): JobDefinition<Payload, Result> {
  return job;
}

export type PayloadOf<J extends JobDefinition> = z.infer<J['payload']>;
export type ResultOf<J extends JobDefinition> = z.infer<J['result']>;

import { Counter, Histogram, type Registry } from '@gradeflow/telemetry';
import type { Remedy } from './deaf-watch.ts';

/** How one run of a processor ended. A failed run may be tried again. */
export type RunOutcome = 'completed' | 'failed' | 'waiting_children' | 'handed_back';

export interface JobMetrics {
  ran(job: string, outcome: RunOutcome, seconds: number): void;
  failedForGood(job: string, code: string): void;
  /** A worker took nothing although jobs waited; what was done about it. */
  foundDeaf(job: string, remedy: Remedy): void;
}

/** Prometheus figures of all workers of a process: runs by job and outcome with their duration, and final failures by code. */
export function createJobMetrics(registry: Registry): JobMetrics {
  const duration = new Histogram({
    name: 'gradeflow_job_duration_seconds',
    help: 'Duration of one run of a job, by outcome',
    labelNames: ['job', 'outcome'],
    buckets: [0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 120, 600],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'gradeflow_jobs_failed_for_good_total',
    help: 'Jobs that will not be tried again, by error code',
    labelNames: ['job', 'code'],
    registers: [registry],
  });
  const deaf = new Counter({
    name: 'gradeflow_deaf_workers_total',
    help: 'Times a worker took nothing although jobs waited and it had room, by what was done about it',
    labelNames: ['job', 'remedy'],
    registers: [registry],
  });
  return {
    ran: (job, outcome, seconds) => duration.observe({ job, outcome }, seconds),
    failedForGood: (job, code) => failures.inc({ job, code }),
    foundDeaf: (job, remedy) => deaf.inc({ job, remedy }),
  };
}

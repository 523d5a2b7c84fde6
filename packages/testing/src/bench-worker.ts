/** What `packages/queue/src/testing/bench-worker.ts` is told, as JSON. */
export interface BenchWorkerSettings {
  url: string;
  prefix: string;
  /** Whose worker it is. */
  kind: 'gradeflow' | 'stock';
  /** What each queue's jobs do: work for so long, or run until their worker ends (`hold`) and end at once when they are started again. */
  queues: Record<string, { ms: number } | 'hold'>;
  /** Jobs at once in each queue. */
  concurrency: number;
  /** Options of BullMQ's worker; its own defaults when absent. */
  stock?: { lockDuration: number; stalledInterval: number };
}

/** What it prints, a JSON line each. */
export interface BenchWorkerEvent {
  /** `ready`: it takes jobs from now on. */
  event: 'ready' | 'start' | 'end';
  queue?: string;
  jobId?: string;
  /** Tries used up before this run. */
  triesUsed?: number;
  pid: number;
  /** Milliseconds since 1970 with fractions, comparable over processes of one machine. */
  at: number;
}

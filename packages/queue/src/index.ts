export { type BoardQueues, createBoardQueues } from './board-queues.ts';
export { handBackJobs } from './hand-back.ts';
export { jobIdOf, submissionJobId } from './job-id.ts';
export { createJobMetrics, type JobMetrics, type RunOutcome } from './job-metrics.ts';
export { createProducer, type QueueLocation } from './producer.ts';
export type * from './types.ts';
export { createWorkerGroup, type StartOptions, type WorkerGroup, type WorkerGroupOptions } from './worker-group.ts';

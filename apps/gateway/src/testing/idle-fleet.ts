import {
  buildReport,
  extractPaper,
  extractSheet,
  gradeSubmission,
  type JobDefinition,
  persistFile,
  readPage,
  recordMetadata,
} from '@gradeflow/contracts';
import { createWorkerGroup, type Processor, type WorkerGroup } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import type { TestGateway } from './start-test-gateway.ts';

const everything = [extractSheet, extractPaper, readPage, persistFile, recordMetadata, gradeSubmission, buildReport];

/** Workers that do the same with every job, one job a queue at once; resolves when the gateway can see them. */
export async function startFleet(
  gateway: TestGateway,
  work: Processor<JobDefinition>,
  definitions: readonly JobDefinition[] = everything,
): Promise<WorkerGroup> {
  const group = createWorkerGroup({ ...gateway.queueAt, log: gateway.ports.log });
  for (const definition of definitions) group.start(definition, work, { concurrency: 1 });
  await waitFor(async () => {
    const { workers } = await gateway.ports.queueLook.overview();
    return workers.some(({ instanceId, queues }) => instanceId === group.instanceId && queues.length === definitions.length);
  });
  return group;
}

/** Holds a job until the worker closes. */
export const holdForever: Processor<JobDefinition> = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

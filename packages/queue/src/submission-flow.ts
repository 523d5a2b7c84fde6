import {
  extractSheet,
  gradeSubmission,
  type JobDefinition,
  persistFile,
  recordMetadata,
  type SubmissionPayload,
} from '@gradeflow/contracts';
import type { FlowJob, FlowJobNode } from 'bullmq';
import { submissionJobId } from './job-id.ts';
import { jobOptions } from './job-options.ts';

/**
 * The order of the pipeline, and the only place where it stands: extract ∥ persist ∥ record → grade.
 * Every child is needed: one that fails for good fails the parent, its siblings run to their end. All wait at the same place of the order, `priority`.
 */
export function submissionFlow(payload: SubmissionPayload, priority: number): FlowJob {
  const required = (definition: JobDefinition): FlowJobNode => {
    const child = step(definition, payload, priority);
    return { ...child, opts: { ...child.opts, failParentOnFailure: true } };
  };
  return {
    ...step(gradeSubmission, payload, priority),
    children: [required(extractSheet), required(persistFile), required(recordMetadata)],
  };
}

function step(definition: JobDefinition, payload: SubmissionPayload, priority: number) {
  return {
    name: definition.name,
    queueName: definition.name,
    data: payload,
    opts: { ...jobOptions(definition, submissionJobId(definition, payload)), priority },
  };
}

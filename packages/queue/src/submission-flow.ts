import { extractSheet, gradeSubmission, type JobDefinition, persistFile, recordMetadata, SubmissionPayload } from '@gradeflow/contracts';
import type { FlowJob, FlowJobNode } from 'bullmq';
import { submissionJobId } from './job-id.ts';
import { jobOptions } from './job-options.ts';

/**
 * The order of the pipeline, and the only place where it stands: extract ∥ persist ∥ record → grade.
 * Every child is needed: one that fails for good fails the parent, its siblings run to their end.
 */
export function submissionFlow(payload: SubmissionPayload): FlowJob {
  return {
    ...step(gradeSubmission, payload),
    children: [required(extractSheet, payload), required(persistFile, payload), required(recordMetadata, payload)],
  };
}

function required(definition: JobDefinition, payload: SubmissionPayload): FlowJobNode {
  const child = step(definition, payload);
  return { ...child, opts: { ...child.opts, failParentOnFailure: true } };
}

/** Parsing drops nothing and refuses everything that is not declared: no text or name gets into the queue by accident. */
function step(definition: JobDefinition, payload: SubmissionPayload) {
  return {
    name: definition.name,
    queueName: definition.name,
    data: SubmissionPayload.parse(payload),
    opts: jobOptions(definition, submissionJobId(definition, payload)),
  };
}

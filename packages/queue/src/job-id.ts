import type { JobDefinition, SubmissionPayload } from '@gradeflow/contracts';

/**
 * The one id that this piece of work can have: `<job>_<part>_<part>…`, for example `read-page_<submissionId>_<run>_<page>`.
 * Throws when a part holds a colon, which Redis keys use as separator.
 */
export function jobIdOf(definition: Pick<JobDefinition, 'name'>, ...parts: Array<string | number>): string {
  const id = [definition.name, ...parts].join('_');
  if (id.includes(':') || parts.length === 0) throw new TypeError(`not usable as a job id: ${id}`);
  return id;
}

/** Id of a step of one run of a submission: `<job>_<submissionId>_<run>`. */
export function submissionJobId(definition: Pick<JobDefinition, 'name'>, payload: SubmissionPayload): string {
  return jobIdOf(definition, payload.submissionId, payload.run);
}

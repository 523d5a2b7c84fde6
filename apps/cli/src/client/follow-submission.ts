import { setTimeout as sleep } from 'node:timers/promises';
import type { SubmissionView } from '@gradeflow/contracts';
import { AppError, UnavailableError } from '@gradeflow/errors';
import type { GatewayClient } from './gateway-client.ts';

const pollMs = 400;

/**
 * Asks for the submission until it is GRADED, NEEDS_REVIEW or FAILED, and tells of every answer. A server that is away is asked
 * again for up to `patienceMs` (2 minutes), counted anew after each answer; then UnavailableError. Other errors are thrown, an AbortError when
 * `signal` is aborted.
 */
export async function followSubmission(options: {
  client: GatewayClient;
  token: string;
  id: string;
  patienceMs?: number;
  onView: (view: SubmissionView) => void;
  signal?: AbortSignal | undefined;
}): Promise<SubmissionView> {
  const { client, token, id, patienceMs = 120_000, onView, signal } = options;
  let lastAnswer = Date.now();
  for (;;) {
    try {
      const view = await client.getSubmission(token, id);
      lastAnswer = Date.now();
      onView(view);
      if (view.status === 'GRADED' || view.status === 'NEEDS_REVIEW' || view.status === 'FAILED') return view;
    } catch (error) {
      const mayPass = error instanceof UnavailableError || (error instanceof AppError && error.retryable);
      if (!mayPass || Date.now() - lastAnswer > patienceMs) throw error;
    }
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
}

/** What is being done now, in words. */
export function describeProgress(view: SubmissionView): string {
  const active = view.stages.filter((stage) => stage.status === 'ACTIVE').map((stage) => stage.name);
  const { pagesDone, pagesTotal } = view.progress;
  const pages = pagesTotal > 0 ? `, page ${pagesDone} of ${pagesTotal}` : '';
  return `${view.status}${active.length > 0 ? ` (${active.join(', ')})` : ''}${pages}`;
}

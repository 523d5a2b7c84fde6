import { Id, UploadAnswer, UploadFields, type UploadPurpose } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';
import type { Response } from 'express';
import { z } from 'zod';
import type { Session } from '../../auth/access-token.ts';
import { defineEndpoint, type RequestContext } from '../../http/define-endpoint.ts';
import { idempotencyOf } from '../../http/idempotency.ts';
import { announcedBytes, receiveUpload, refuseTooLong } from '../../http/receive-upload.ts';
import type { Accepted } from './upload.service.ts';

/** Aborted when the connection ends before the answer did. */
function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new ValidationError({ code: 'REQUEST_ABORTED', detail: 'The client went away.' }));
  });
  return gone.signal;
}

/** What a file may be refused for, whichever way it came. */
export const refusedFiles = [
  '413 FILE_TOO_LARGE',
  '415 UNSUPPORTED_FILE_TYPE',
  '422 EMPTY_FILE',
  '422 PDF_ENCRYPTED',
  '422 PDF_UNREADABLE',
  '422 IMAGE_UNREADABLE',
  '422 TOO_MANY_PAGES',
  '422 IMAGE_TOO_LARGE',
  '422 PAGE_TOO_LARGE',
] as const;

/** What the spool may say, whichever way a file came. */
export const noRoom = [
  '503 SPOOL_FULL',
  '503 TOO_MANY_UPLOADS',
  '503 SPOOL_NOT_WRITABLE',
  '503 SPOOL_UNAVAILABLE',
  '507 INSUFFICIENT_STORAGE',
] as const;

/** Everything that the upload of a file into an assessment may answer with beside 202. */
export const uploadProblems = [
  '400 FILE_MISSING',
  '400 MALFORMED_MULTIPART',
  '404 ASSESSMENT_NOT_FOUND',
  ...refusedFiles,
  '422 FILES_NOT_COMBINABLE',
  '422 IDEMPOTENCY_KEY_REUSED',
  ...noRoom,
] as const;

/** Takes the multipart body of a request into the spool: when it resolves the bytes are durable. Throws what `UploadService.accept` throws. */
export async function acceptMultipart(
  { services, actor, params, req, res, requestId }: RequestContext & { actor: Session; params: { id: string } },
  purpose: UploadPurpose,
): Promise<Accepted> {
  const { limits, accept } = services.uploads;
  const idempotency = idempotencyOf(req);
  refuseTooLong(req, limits);
  const request = { actor, purpose, assessmentId: params.id.toLowerCase(), requestId, idempotency, signal: goneSignal(res) };
  const place = await services.spoolRoom.enter(announcedBytes(req));
  let keptBytes = 0;
  try {
    const accepted = await accept(request, async (entry) => {
      const received = await receiveUpload(req, res, entry, { ...limits, batchBytes: place.batchBytes, admit: place.admit });
      keptBytes = received.files.reduce((sum, file) => sum + file.bytes, 0);
      return received;
    });
    if (accepted.replayed) keptBytes = 0;
    return accepted;
  } catch (error) {
    keptBytes = 0;
    throw error;
  } finally {
    place.leave(keptBytes);
  }
}

/** Headers of the answer to an upload. */
export function acceptedHeaders({ replayed }: Accepted, location: string): Record<string, string> {
  return { Location: location, ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}) };
}

export const uploadEndpoint = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/submissions',
  tag: 'Submissions',
  summary: 'Upload an answer sheet: one PDF, or several PNG, JPEG, TIFF or WebP pages in order',
  auth: 'user',
  rateLimit: 'upload',
  ownIdempotency: true,
  params: z.object({ id: Id }),
  multipart: { fields: UploadFields },
  response: { status: 202, schema: UploadAnswer, description: 'The bytes are durable; `Location` tells how far grading is' },
  problems: [...uploadProblems, '422 STUDENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.uploads.authorise(actor, id, 'submission'),
  handle: async (context) => {
    const accepted = await acceptMultipart(context, 'submission');
    const statusUrl = `/v1/submissions/${accepted.id}`;
    return {
      body: { id: accepted.id, status: 'RECEIVED' as const, statusUrl, eventsUrl: `${statusUrl}/events` },
      headers: acceptedHeaders(accepted, statusUrl),
      after: () => context.services.uploads.enqueue(accepted.id, 'submission', accepted.share),
    };
  },
});

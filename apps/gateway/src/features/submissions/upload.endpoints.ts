import { Id, UploadAnswer, UploadFields } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { receiveUpload, refuseTooLong } from '../../http/receive-upload.ts';

/** Aborted when the connection ends before the answer did. */
function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new ValidationError({ code: 'REQUEST_ABORTED', detail: 'The client went away.' }));
  });
  return gone.signal;
}

/** Throws ValidationError for a key that is none. */
export function idempotencyOf(req: Request): { scope: string; key: string } | null {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new ValidationError({
      detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.',
      errors: [{ path: '/Idempotency-Key', message: 'is not usable' }],
    });
  return { scope: `${req.method} ${req.path.toLowerCase()}`, key };
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

export const uploadEndpoint = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/submissions',
  tag: 'Submissions',
  summary: 'Upload an answer sheet: one PDF, or several PNG, JPEG, TIFF or WebP pages in order',
  auth: 'user',
  rateLimit: 'upload',
  params: z.object({ id: Id }),
  multipart: { fields: UploadFields },
  response: { status: 202, schema: UploadAnswer, description: 'The bytes are durable; `Location` tells how far grading is' },
  problems: [
    '400 FILE_MISSING',
    '400 MALFORMED_MULTIPART',
    '404 ASSESSMENT_NOT_FOUND',
    ...refusedFiles,
    '422 FILES_NOT_COMBINABLE',
    '422 STUDENT_NOT_FOUND',
    '422 IDEMPOTENCY_KEY_REUSED',
    '507 INSUFFICIENT_STORAGE',
  ],
  load: ({ services, actor, params: { id } }) => services.uploads.authorise(actor, id),
  handle: async ({ services, actor, params: { id }, req, res, requestId }) => {
    const { limits, accept, enqueue } = services.uploads;
    const idempotency = idempotencyOf(req);
    refuseTooLong(req, limits);
    const request = { actor, assessmentId: id.toLowerCase(), requestId, idempotency, signal: goneSignal(res) };
    const { submissionId, replayed } = await accept(request, (entry) => receiveUpload(req, res, entry, limits));
    const statusUrl = `/v1/submissions/${submissionId}`;
    return {
      body: { id: submissionId, status: 'RECEIVED' as const, statusUrl, eventsUrl: `${statusUrl}/events` },
      headers: { Location: statusUrl, ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}) },
      after: () => enqueue(submissionId),
    };
  },
});

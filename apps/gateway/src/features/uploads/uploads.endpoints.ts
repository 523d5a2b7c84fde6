import { Readable } from 'node:stream';
import { AppError } from '@gradeflow/errors';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type Answer, defineEndpoint, type LoadContext } from '../../http/define-endpoint.ts';
import { idempotencyOf } from '../../http/idempotency.ts';
import { unsupportedMediaType } from '../../http/read-json.ts';
import { announcedBytes } from '../../http/receive-upload.ts';
import type { Services } from '../../services.ts';
import { noRoom, refusedFiles } from '../submissions/upload.endpoints.ts';
import { fieldsOf } from '../submissions/upload.service.ts';
import { type Finished, type TusAnswer, uploadsPath } from './resumable.service.ts';
import type { TusCall } from './tus-server.ts';
import { parseUploadMetadata } from './upload-metadata.ts';
import type { UploadRecord } from './upload-records.ts';

const offsetStream = 'application/offset+octet-stream';
/** What the protocol reads; everything else of a request is none of its business. */
const read = [
  'Tus-Resumable',
  'Upload-Length',
  'Upload-Defer-Length',
  'Upload-Offset',
  'Upload-Metadata',
  'Upload-Concat',
  'Content-Type',
  'Content-Length',
];
/** What it answers; its CORS headers stay here, for there is one origin. */
const told = [
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Extension',
  'Tus-Max-Size',
  'Location',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Expires',
  'Connection',
];

const params = z.object({ uploadId: z.string() });
const refusals = [
  '404 ASSESSMENT_NOT_FOUND',
  '412 TUS_VERSION_NOT_SUPPORTED',
  ...refusedFiles,
  '422 STUDENT_NOT_FOUND',
  ...noRoom,
] as const;
const ofOne = ['404 UPLOAD_NOT_FOUND', '410 UPLOAD_EXPIRED', '423 UPLOAD_LOCKED'] as const;

/** Throws AppError TUS_VERSION_NOT_SUPPORTED (412). Every answer after this one, errors too, says which version it speaks. */
function requireVersion(req: Request, res: Response): void {
  res.set('Tus-Resumable', '1.0.0');
  if (req.get('Tus-Resumable') === '1.0.0') return;
  res.set('Tus-Version', '1.0.0');
  throw new AppError({ code: 'TUS_VERSION_NOT_SUPPORTED', status: 412, retryable: false, detail: 'Send Tus-Resumable: 1.0.0.' });
}

function loadOwned({ services, actor, params: { uploadId }, res }: LoadContext<'user', typeof params>): Promise<UploadRecord> {
  res.set('Tus-Resumable', '1.0.0');
  return services.resumable.getOwned(actor, uploadId);
}

function callOf(req: Request, method: TusCall['method'], uploadId: string): TusCall {
  const headers = new Headers();
  for (const name of read) {
    const value = req.get(name);
    if (value !== undefined) headers.set(name, value);
  }
  return {
    method,
    uploadId,
    headers,
    body: () => (method === 'PATCH' || method === 'POST' ? (Readable.toWeb(req) as ReadableStream) : null),
    onGone: (callback) => req.once('error', callback),
  };
}

/** Takes bytes only where the spool has room for them, and for `wholeBytes` where that is more. Throws UnavailableError SPOOL_FULL, TOO_MANY_UPLOADS. */
async function withPlace<T extends TusAnswer>(
  { spoolRoom, uploads }: Services,
  req: Request,
  wholeBytes: number,
  work: () => Promise<T>,
): Promise<T> {
  // More than an upload may have is refused by the protocol, and must not look like a full spool.
  const [bytes, announced] = [announcedBytes(req), wholeBytes].map((given) => Math.min(given, uploads.limits.maxBytes)) as [number, number];
  const place = await spoolRoom.enter(Math.max(bytes, announced));
  let keptBytes = 0;
  try {
    const made = await work();
    keptBytes = req.get('Content-Length') === undefined ? progressOf(req, made) : bytes;
    return made;
  } catch (error) {
    // A body that is given up half-way takes its connection along: whoever sends must not use that for the next call.
    if (req.readableDidRead && !req.readableEnded) req.res?.set('Connection', 'close');
    throw error;
  } finally {
    // What a broken call has left is the next count's business.
    place.leave(keptBytes);
  }
}

/** By how much the upload stands further than when it was asked; 0 when nobody says. */
function progressOf(req: Request, { headers }: TusAnswer): number {
  return Math.max(0, Number(headers.get('Upload-Offset') ?? 0) - offsetBefore(req));
}

const offsetBefore = (req: Request): number => Number(req.get('Upload-Offset')) || 0;

function answerOf(services: Services, { headers, finished }: TusAnswer): Answer<undefined> {
  const known = told.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ''] as const] : []));
  return {
    headers: { ...Object.fromEntries(known), ...(finished ? locationOf(finished) : {}) },
    send: async (_req, res) => void res.end(),
    ...enqueueing(services, finished),
  };
}

function locationOf({ id, purpose }: Finished): Record<string, string> {
  return purpose === 'submission'
    ? { 'Submission-Location': `/v1/submissions/${id}` }
    : { 'Question-Paper-Location': `/v1/question-papers/${id}` };
}

function enqueueing(services: Services, finished: Finished | null): { after?: () => Promise<void> } {
  return finished?.fresh ? { after: () => services.uploads.enqueue(finished.id, finished.purpose, finished.share) } : {};
}

export const resumableUploadEndpoints = [
  defineEndpoint({
    method: 'options',
    path: uploadsPath,
    tag: 'Resumable upload',
    summary: 'What the resumable upload (tus 1.0.0) can do: version, extensions, largest size',
    auth: 'user',
    response: { status: 204, description: '`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`' },
    handle: async ({ services, req }) =>
      answerOf(services, { headers: await services.resumable.options(callOf(req, 'OPTIONS', '')), finished: null }),
  }),
  defineEndpoint({
    method: 'post',
    path: uploadsPath,
    tag: 'Resumable upload',
    summary:
      'Begin a resumable upload (tus 1.0.0): `Upload-Length`, and `Upload-Metadata` with filename, filetype, assessmentId, purpose (`submission` or `question-paper`), optional studentId and label; may carry the first bytes; takes an Idempotency-Key',
    auth: 'user',
    rateLimit: 'upload',
    ownIdempotency: true,
    response: {
      status: 201,
      description:
        '`Location` takes the bytes until `Upload-Expires`; with `Submission-Location` or `Question-Paper-Location` when all of them came along',
    },
    problems: ['400 VALIDATION_FAILED', '422 PURPOSE_NOT_AVAILABLE', '422 IDEMPOTENCY_KEY_REUSED', ...refusals],
    load: async ({ services, actor, req }) => {
      const intent = parseUploadMetadata(req.get('Upload-Metadata'));
      await services.uploads.authorise(actor, intent.assessmentId, intent.purpose);
      fieldsOf(intent.fields, actor, intent.purpose);
      return intent;
    },
    handle: async ({ services, actor, req, res, requestId, subject: intent }) => {
      requireVersion(req, res);
      const idempotencyKey = idempotencyOf(req)?.key ?? null;
      const call = callOf(req, 'POST', '');
      // The whole file must have room before its first byte is taken, though it is not kept for it.
      const wholeBytes = Number(req.get('Upload-Length')) || 0;
      const answer = await withPlace(services, req, wholeBytes, () =>
        services.resumable.create({ actor, intent, call, requestId, idempotencyKey }),
      );
      if (answer.replayed) res.set('Idempotency-Replayed', 'true');
      return answerOf(services, answer);
    },
  }),
  defineEndpoint({
    method: 'head',
    path: `${uploadsPath}/:uploadId`,
    tag: 'Resumable upload',
    summary: 'How many bytes have arrived: where to go on',
    auth: 'user',
    params,
    response: {
      status: 200,
      description: '`Upload-Offset`, `Upload-Length`; `Submission-Location` or `Question-Paper-Location` once the upload is accepted',
    },
    problems: [...ofOne, ...refusals],
    load: loadOwned,
    handle: async ({ services, actor, req, res, requestId, subject: record }) => {
      requireVersion(req, res);
      return answerOf(services, await services.resumable.handle({ actor, record, call: callOf(req, 'HEAD', record.id), requestId }));
    },
  }),
  defineEndpoint({
    method: 'patch',
    path: `${uploadsPath}/:uploadId`,
    tag: 'Resumable upload',
    summary:
      'The next bytes, from `Upload-Offset`, as application/offset+octet-stream; with the last one the upload is accepted or refused',
    auth: 'user',
    rateLimit: 'upload',
    params,
    response: { status: 204, description: '`Upload-Offset`; with the last byte `Submission-Location` or `Question-Paper-Location`' },
    problems: ['400 VALIDATION_FAILED', ...ofOne, '409 UPLOAD_OFFSET_CONFLICT', '415 UNSUPPORTED_MEDIA_TYPE', ...refusals],
    load: loadOwned,
    handle: async ({ services, actor, req, res, requestId, subject: record }) => {
      requireVersion(req, res);
      if (req.get('Content-Type') !== offsetStream) throw unsupportedMediaType(`Send the bytes as ${offsetStream}.`);
      const call = callOf(req, 'PATCH', record.id);
      // Who does not say how many bytes come may send all that are missing.
      const wholeBytes = req.get('Content-Length') === undefined ? Math.max(0, record.size - offsetBefore(req)) : 0;
      const work = () => services.resumable.handle({ actor, record, call, requestId });
      return answerOf(services, await withPlace(services, req, wholeBytes, work));
    },
  }),
  defineEndpoint({
    method: 'delete',
    path: `${uploadsPath}/:uploadId`,
    tag: 'Resumable upload',
    summary: 'Give an upload up; what was made of it stays',
    auth: 'user',
    params,
    response: { status: 204, description: 'Gone' },
    problems: [...ofOne, '412 TUS_VERSION_NOT_SUPPORTED'],
    load: loadOwned,
    handle: async ({ services, actor, req, res, requestId, subject: record }) => {
      requireVersion(req, res);
      return answerOf(services, await services.resumable.handle({ actor, record, call: callOf(req, 'DELETE', record.id), requestId }));
    },
  }),
];

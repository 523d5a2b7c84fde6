import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Id } from '@gradeflow/contracts';
import { AppError } from '@gradeflow/errors';
import { type DetailedError, type HttpRequest, type HttpResponse, Upload, type UrlStorage } from 'tus-js-client';
import { answerNotUnderstood, problemOf, unreachable } from './gateway-client.ts';

/** At most this much of a piece is sent a second time when a connection breaks. */
const chunkBytes = 8 * 1024 * 1024;
/** Counted anew whenever bytes got through. */
const retryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000];
/** Neither bytes nor an answer for so long: the connection counts as lost. */
const silenceMs = 120_000;

export interface ResumableUploadOptions {
  /** The server's origin. */
  url: string;
  token: string;
  assessmentId: string;
  file: string;
  label?: string | undefined;
  /** Remembers the upload for a later run. */
  state: UrlStorage;
  onBytes?: (sent: number, total: number) => void;
  /** The upload goes on after an interruption, in so many milliseconds. */
  onRetry?: (attempt: number, delayMs: number) => void;
}

/**
 * Sends one file by tus 1.0.0, in pieces, and gives the submission's id. Goes on where the server stands after a lost connection and, for the same
 * file, place and label, after an earlier run that ended too soon. Throws AppError with the gateway's code, UnavailableError GATEWAY_UNREACHABLE when it stayed away.
 */
export async function uploadResumable(options: ResumableUploadOptions): Promise<{ id: string }> {
  const { url, token, assessmentId, file, label, state } = options;
  const endpoint = new URL('/v1/uploads', url).href;
  const { size, mtimeMs } = await stat(file);
  const fingerprint = JSON.stringify([endpoint, assessmentId, label ?? '', path.resolve(file), size, mtimeMs]);
  const source = createReadStream(file);
  const watch = watchSilence();
  const creationKey = randomUUID();
  try {
    const response = await run(source, {
      endpoint,
      chunkSize: chunkBytes,
      retryDelays: retryDelaysMs,
      headers: { Authorization: `Bearer ${token}` },
      metadata: {
        filename: path.basename(file),
        filetype: 'application/octet-stream',
        assessmentId,
        purpose: 'submission',
        ...(label !== undefined && { label }),
      },
      fingerprint: async () => fingerprint,
      urlStorage: state,
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => {
        // An answer that was lost on its way leaves no second upload.
        if (request.getMethod() === 'POST') request.setHeader('Idempotency-Key', creationKey);
        watch.begin(request);
      },
      onAfterResponse: () => watch.end(),
      onProgress: (sent, total) => {
        watch.touch();
        options.onBytes?.(sent, total);
      },
      onShouldRetry: (error, attempt) => {
        const again = mayPass(error);
        if (again) options.onRetry?.(attempt + 1, retryDelaysMs[attempt] ?? 0);
        return again;
      },
    });
    const id = Id.safeParse(response.getHeader('Submission-Location')?.split('/').at(-1));
    if (!id.success) throw answerNotUnderstood();
    return { id: id.data };
  } catch (error) {
    const known = asProblem(error, url);
    if (isRefusal(known))
      for (const { urlStorageKey } of await state.findUploadsByFingerprint(fingerprint)) await state.removeUpload(urlStorageKey);
    throw known;
  } finally {
    watch.end();
    source.destroy();
  }
}

async function run(source: NodeJS.ReadableStream, options: ConstructorParameters<typeof Upload>[1]): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  // The library takes a file's stream for the file; its types know the browser alone.
  const upload = new Upload(source as unknown as Buffer, {
    ...options,
    onSuccess: ({ lastResponse }) => resolve(lastResponse),
    onError: reject,
  });
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
  return promise;
}

/** No answer, a busy server, an upload that another call holds or that stands elsewhere. A full volume (507) is a person's business. */
function mayPass({ originalResponse }: DetailedError): boolean {
  const status = originalResponse?.getStatus() ?? 0;
  return status === 0 || [409, 423, 429].includes(status) || (status >= 500 && status !== 507);
}

/** The file itself: the next run begins anew. After an expired token or a full volume it goes on. */
function isRefusal({ status }: AppError): boolean {
  return status >= 400 && status < 500 && status !== 401;
}

function asProblem(error: unknown, url: string): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof Error) || !('originalResponse' in error)) throw error;
  const { originalResponse, causingError } = error as DetailedError;
  if (!originalResponse) return unreachable(url, causingError ?? error);
  return problemOf({
    status: originalResponse.getStatus(),
    retryAfter: originalResponse.getHeader('Retry-After') ?? null,
    text: originalResponse.getBody(),
  });
}

/** Ends a request that stands still; the upload then goes on as after a lost connection. */
function watchSilence(): { begin(request: HttpRequest): void; touch(): void; end(): void } {
  let request: HttpRequest | null = null;
  let timer: NodeJS.Timeout | undefined;
  const touch = () => {
    clearTimeout(timer);
    const silent = request;
    if (silent) timer = setTimeout(() => void silent.abort(), silenceMs);
  };
  return {
    begin: (next) => {
      request = next;
      touch();
    },
    touch,
    end: () => {
      request = null;
      clearTimeout(timer);
    },
  };
}

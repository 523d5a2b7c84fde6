import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, SubmissionView, TokenAnswer, UploadAnswer } from '@gradeflow/contracts';
import { AppError, UnavailableError } from '@gradeflow/errors';
import type { z } from 'zod';
import { type EncodedForm, encodeForm } from './encode-form.ts';

/** After the last byte is sent. */
const answerTimeoutMs = 120_000;

export interface GatewayClient {
  /** Throws AppError with the gateway's code, e.g. INVALID_CREDENTIALS; UnavailableError GATEWAY_UNREACHABLE. */
  login(email: string, password: string): Promise<{ accessToken: string }>;
  /**
   * Sends the files as one submission, streamed from disk. `key` makes a repetition harmless. Throws as login; a lost connection and
   * a busy server are UnavailableError (with `retryAfterSeconds` when the server named it).
   */
  upload(options: {
    token: string;
    assessmentId: string;
    files: string[];
    label?: string | undefined;
    key: string;
    onBytes?: (sent: number, total: number) => void;
  }): Promise<{ id: string }>;
  getSubmission(token: string, id: string): Promise<SubmissionView>;
}

/** The few calls of the HTTP contract that the command line makes. `url` is the origin. */
export function createGatewayClient(url: string): GatewayClient {
  const call = async <Schema extends z.ZodType>(schema: Schema, route: string, init: RequestInit): Promise<z.infer<Schema>> => {
    const response = await fetch(new URL(route, url), { ...init, signal: AbortSignal.timeout(30_000) }).catch((cause: unknown) => {
      throw unreachable(url, cause);
    });
    const body = await response.text().catch((cause: unknown) => {
      throw unreachable(url, cause);
    });
    return understand(schema, { status: response.status, retryAfter: response.headers.get('retry-after'), text: body });
  };
  return {
    login: (email, password) =>
      call(TokenAnswer, '/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      }),
    getSubmission: (token, id) =>
      call(SubmissionView, `/v1/submissions/${encodeURIComponent(id)}`, { headers: { authorization: `Bearer ${token}` } }),
    upload: async ({ token, assessmentId, files, label, key, onBytes }) => {
      const target = new URL(`/v1/assessments/${encodeURIComponent(assessmentId)}/submissions`, url);
      const answer = await sendForm(
        target,
        await encodeForm(files, label),
        { authorization: `Bearer ${token}`, 'idempotency-key': key },
        onBytes,
      );
      return understand(UploadAnswer, answer);
    },
  };
}

interface RawAnswer {
  status: number;
  retryAfter: string | null;
  text: string;
}

/** The body, checked, or the problem that it describes. Throws AppError. */
function understand<Schema extends z.ZodType>(schema: Schema, { status, retryAfter, text: body }: RawAnswer): z.infer<Schema> {
  if (status < 300) {
    const parsed = schema.safeParse(parseJson(body));
    if (parsed.success) return parsed.data;
    throw answerNotUnderstood();
  }
  throw problemOf({ status, retryAfter, text: body });
}

export function answerNotUnderstood(): AppError {
  return new AppError({
    code: 'ANSWER_NOT_UNDERSTOOD',
    status: 502,
    retryable: false,
    detail: 'The server answered something else than expected. Is the URL right?',
  });
}

/** The error that a refusing answer describes. */
export function problemOf({ status, retryAfter, text: body }: RawAnswer): AppError {
  const problem = Problem.safeParse(parseJson(body));
  const seconds = Number(retryAfter);
  return new AppError({
    code: problem.success ? problem.data.code : `HTTP_${status}`,
    status,
    retryable: status === 503 || status === 429 || (problem.success && problem.data.code === 'IDEMPOTENCY_IN_PROGRESS'),
    detail: problem.success ? problem.data.detail : `The server answered ${status}.`,
    ...(retryAfter !== null && seconds > 0 && { retryAfterSeconds: seconds }),
  });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** No connection, or one that broke. */
export function unreachable(url: string, cause: unknown): UnavailableError {
  return new UnavailableError({
    code: 'GATEWAY_UNREACHABLE',
    detail: `${url} cannot be reached or broke off.`,
    cause,
    retryAfterSeconds: 0,
  });
}

/** fetch tells nothing of what has been sent, so the request is made with node:http. */
async function sendForm(
  target: URL,
  form: EncodedForm,
  headers: Record<string, string>,
  onBytes?: (sent: number, total: number) => void,
): Promise<RawAnswer> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(target, {
    method: 'POST',
    headers: { ...headers, 'content-type': form.contentType, 'content-length': form.contentLength },
  });
  const answered = new Promise<RawAnswer>((resolve, reject) => {
    request.once('response', (response) => resolve(readAnswer(response)));
    request.once('error', (error) => reject(unreachable(target.origin, error)));
  });
  // A refusal may come while bytes are still on their way: then the answer counts, not the broken pipe.
  const sent = pipeline(form.body, countBytes(form.fileBytes, onBytes), request).catch((error: unknown) =>
    sleep(500).then(() => Promise.reject(error)),
  );
  const silent = sent.then(
    () =>
      sleep(answerTimeoutMs, undefined, { ref: false }).then(() =>
        Promise.reject(unreachable(target.origin, new Error('no answer in time'))),
      ),
    (error: unknown) => Promise.reject(unreachable(target.origin, error)),
  );
  try {
    return await Promise.race([answered, silent]);
  } finally {
    silent.catch(() => {});
    answered.catch(() => {});
    form.body.destroy();
    request.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<RawAnswer> {
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, text: await text(response) };
}

function countBytes(total: number, onBytes?: (sent: number, total: number) => void): Transform {
  let sent = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      sent += chunk.length;
      onBytes?.(Math.min(sent, total), total);
      done(null, chunk);
    },
  });
}

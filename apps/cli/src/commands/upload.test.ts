import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { command } from './upload.ts';

const id = '01890000-0000-7000-8000-00000000000a';
const assessment = '01890000-0000-7000-8000-00000000000b';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let file: string;
let server: Server;
/** What the server does with the next uploads, one after another; 202 afterwards. */
let behaviours: Array<(request: IncomingMessage, response: ServerResponse) => void>;
let received: Array<{ key: string | undefined; body: Buffer }>;
let status: string;

beforeEach(async () => {
  folder = await createTempDir();
  file = path.join(folder.path, 'sheet.pdf');
  await writeFile(file, Buffer.alloc(3_000_000, 'x'));
  behaviours = [];
  received = [];
  status = 'GRADED';
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await folder.remove();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return sendJson(response, 200, submission());
  const behave = behaviours.shift();
  if (behave) return behave(request, response);
  const body = await buffer(request);
  received.push({ key: request.headers['idempotency-key']?.toString(), body });
  sendJson(response, 202, { id, status: 'RECEIVED', statusUrl: '/', eventsUrl: '/' });
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function submission() {
  const failed = status === 'FAILED';
  const result = {
    score: 1,
    maxScore: 2,
    grader: 'offline',
    gradedAt: '2026-01-01T00:00:00Z',
    rubricVersion: 1,
    questions: [],
    unassigned: [],
  };
  return {
    id,
    assessmentId: assessment,
    studentId: null,
    label: null,
    status,
    reason: failed ? { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' } : null,
    progress: { percent: 100, pagesDone: 1, pagesTotal: 1 },
    stages: [],
    waitingFor: null,
    result: failed ? null : result,
    createdAt: '2026-01-01T00:00:00Z',
    originalName: 'sheet.pdf',
    bytes: 3_000_000,
    student: null,
    batchId: null,
    duplicateOf: null,
    resultState: 'RELEASED',
  };
}

async function upload(args: string[] = []) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const [code, out, err] = await Promise.all([
    command.run([file, '--assessment', assessment, '--url', url, '--token', 'secret-token', ...args], { stdout, stderr }).finally(() => {
      stdout.end();
      stderr.end();
    }),
    text(stdout),
    text(stderr),
  ]);
  return { code, out, err };
}

describe('gradeflow upload', () => {
  it('sends the whole file and prints the marks', async () => {
    const { code, out } = await upload();
    expect(received[0]?.body.includes(Buffer.alloc(3_000_000, 'x'))).toBe(true);
    expect(out).toContain('Total');
    expect(code).toBe(0);
  });

  it('tries again under the same key when the connection breaks or the server is busy', async () => {
    const keys: unknown[] = [];
    behaviours = [
      (request) => {
        keys.push(request.headers['idempotency-key']);
        request.once('data', () => request.socket.destroy());
      },
      (request, response) => {
        keys.push(request.headers['idempotency-key']);
        request.resume();
        sendJson(response, 503, {
          type: 'about:blank',
          title: 'x',
          status: 503,
          detail: 'The disk is slow.',
          code: 'UNAVAILABLE',
          requestId: 'r',
        });
      },
    ];
    const { code, err } = await upload();
    expect(received.map(({ key }) => key)).toEqual([keys[0]]);
    expect(keys[1]).toBe(keys[0]);
    expect(err).toContain('Trying again');
    expect(code).toBe(0);
  }, 20_000);

  it('says why a file was refused, once, even when the answer comes before the bytes are sent', async () => {
    behaviours = [
      (_, response) =>
        sendJson(response, 413, {
          type: 'about:blank',
          title: 'x',
          status: 413,
          detail: 'At most 1 MB.',
          code: 'FILE_TOO_LARGE',
          requestId: 'r',
        }),
    ];
    const { code, err, out } = await upload(['--quiet']);
    expect(err).toBe(`${file}: At most 1 MB. (FILE_TOO_LARGE)\n`);
    expect(out).toBe('');
    expect(received).toEqual([]);
    expect(code).toBe(1);
  });

  it('ends with 1 and the reason when the sheet failed', async () => {
    status = 'FAILED';
    const { code, out } = await upload();
    expect(out).toContain('No page could be read. (SHEET_UNREADABLE)');
    expect(code).toBe(1);
  });
});

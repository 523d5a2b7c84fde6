import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileStore } from '@tus/file-store';
import { Server as TusServer } from '@tus/server';
import { command } from './upload.ts';

const id = '01890000-0000-7000-8000-00000000000a';
const assessment = '01890000-0000-7000-8000-00000000000b';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let file: string;
let server: Server;
let tus: TusServer;
/** What the server does with the next calls that send something, one after another; as it should afterwards. */
let behaviours: Array<(request: IncomingMessage, response: ServerResponse) => void>;
/** Forms of several files. */
let received: Array<{ key: string | undefined; body: Buffer }>;
/** Method and offset of the calls about resumable uploads. */
let calls: string[];
let status: string;

beforeEach(async () => {
  folder = await createTempDir();
  file = path.join(folder.path, 'sheet.pdf');
  await writeFile(file, Buffer.alloc(3_000_000, 'x'));
  behaviours = [];
  received = [];
  calls = [];
  process.env.XDG_STATE_HOME = path.join(folder.path, 'state');
  tus = new TusServer({
    path: '/v1/uploads',
    datastore: new FileStore({ directory: path.join(folder.path, 'uploads') }),
    onUploadFinish: async () => ({ headers: { 'Submission-Location': `/v1/submissions/${id}` } }),
  });
  status = 'GRADED';
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  delete process.env.XDG_STATE_HOME;
  server.closeAllConnections();
  server.close();
  await folder.remove();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return sendJson(response, 200, submission());
  const behave = behaviours.shift();
  if (behave) return behave(request, response);
  if (request.url?.startsWith('/v1/uploads')) {
    calls.push(`${request.method} ${request.headers['upload-offset'] ?? ''}`.trim());
    return tus.handle(request, response);
  }
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

const addressOf = (listening: Server | TcpServer) => `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;

async function upload(args: string[] = [], { files = [file], url = addressOf(server) } = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const [code, out, err] = await Promise.all([
    command
      .run([...files, '--assessment', assessment, '--url', url, '--token', 'secret-token', ...args], { stdout, stderr })
      .finally(() => {
        stdout.end();
        stderr.end();
      }),
    text(stdout),
    text(stderr),
  ]);
  return { code, out, err };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Hash of the one file that the server has. */
async function uploaded(): Promise<string> {
  const [name = 'none', ...others] = (await readdir(path.join(folder.path, 'uploads'))).filter((entry) => !entry.endsWith('.json'));
  expect(others).toEqual([]);
  return sha256(await readFile(path.join(folder.path, 'uploads', name)));
}

const remembered = () => readdir(path.join(folder.path, 'state', 'gradeflow', 'uploads')).catch(() => []);

async function bigFile(bytes: number): Promise<Buffer> {
  const content = randomBytes(bytes);
  await writeFile(file, content);
  return content;
}

/** A way to the server that counts what is sent and cuts all its connections once, after so many bytes. */
async function cuttingProxy(cutAfterBytes: number) {
  let sent = 0;
  let cuts = 0;
  const proxy = createTcpServer((client) => {
    const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (cuts === 0 && sent > cutAfterBytes) {
        cuts++;
        client.destroy();
      } else if (!upstream.write(chunk)) {
        client.pause();
        upstream.once('drain', () => client.resume());
      }
    });
    upstream.pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { url: addressOf(proxy), sent: () => sent, cuts: () => cuts, close: () => proxy.close() };
}

const problem = (status: number, code: string, detail: string) => ({
  type: 'about:blank',
  title: 'x',
  status,
  detail,
  code,
  requestId: 'r',
});

describe('gradeflow upload', () => {
  it('sends the file in pieces, prints the marks and keeps no memory of it', async () => {
    const content = await bigFile(20_000_000);
    const { code, out } = await upload();
    expect(calls).toEqual(['POST', 'PATCH 0', 'PATCH 8388608', 'PATCH 16777216']);
    expect(await uploaded()).toBe(sha256(content));
    expect(out).toContain('Total');
    expect(code).toBe(0);
    expect(await remembered()).toEqual([]);
  });

  it('goes on where a cut connection left off, without sending everything again', async () => {
    const content = await bigFile(20_000_000);
    const proxy = await cuttingProxy(10_000_000);
    const { code, err } = await upload([], { url: proxy.url });
    proxy.close();
    expect(proxy.cuts()).toBe(1);
    expect(await uploaded()).toBe(sha256(content));
    expect(proxy.sent()).toBeLessThan(21_000_000 + 8 * 1024 * 1024);
    expect(calls.slice(0, 4)).toEqual(['POST', 'PATCH 0', 'PATCH 8388608', 'HEAD']);
    expect(Number(calls[4]?.split(' ')[1])).toBeGreaterThanOrEqual(8_388_608);
    expect(err).toContain('going on in');
    expect(code).toBe(0);
  }, 20_000);

  it('goes on in a new run where an earlier one was killed', async () => {
    const content = await bigFile(20_000_000);
    // The second piece is never answered.
    behaviours = [
      (request, response) => void tus.handle(request, response),
      (request, response) => void tus.handle(request, response),
      (request) => void request.resume(),
    ];
    const main = path.resolve(import.meta.dirname, '../main.ts');
    const args = [main, 'upload', file, '--assessment', assessment, '--url', addressOf(server), '--token', 'secret-token'];
    const killed = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env } });
    await waitFor(() => behaviours.length === 0, { timeoutMs: 20_000, what: 'the second piece' });
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const [name = 'none'] = await remembered();
    expect((await stat(path.join(folder.path, 'state', 'gradeflow', 'uploads', name))).mode & 0o777).toBe(0o600);
    const { code } = await upload();
    expect(calls).toEqual(['HEAD', 'PATCH 8388608', 'PATCH 16777216']);
    expect(await uploaded()).toBe(sha256(content));
    expect(code).toBe(0);
    expect(await remembered()).toEqual([]);
  }, 30_000);

  it('says why a file was refused, once, and begins anew the next time', async () => {
    behaviours = [
      (request, response) => void tus.handle(request, response),
      (request, response) => {
        request.resume();
        sendJson(response, 415, problem(415, 'UNSUPPORTED_FILE_TYPE', 'Not a file of a kind that is read.'));
      },
    ];
    const { code, err, out } = await upload(['--quiet']);
    expect(err).toBe(`${file}: Not a file of a kind that is read. (UNSUPPORTED_FILE_TYPE)\n`);
    expect(out).toBe('');
    expect(code).toBe(1);
    expect(await remembered()).toEqual([]);
  });

  it('goes on with a fresh token where the first one expired', async () => {
    const content = await bigFile(20_000_000);
    behaviours = [
      (request, response) => void tus.handle(request, response),
      (request, response) => void tus.handle(request, response),
      (request, response) => {
        request.resume();
        sendJson(response, 401, problem(401, 'UNAUTHORIZED', 'Sign in again.'));
      },
    ];
    expect((await upload()).err).toContain('(UNAUTHORIZED)');
    expect((await upload()).code).toBe(0);
    expect(calls).toEqual(['HEAD', 'PATCH 8388608', 'PATCH 16777216']);
    expect(await uploaded()).toBe(sha256(content));
  });

  it('goes on without a place to remember uploads', async () => {
    await writeFile(path.join(folder.path, 'state'), 'a file where a folder should be');
    const { code, err } = await upload();
    expect(err).toContain('a later run could not go on');
    expect(code).toBe(0);
  });

  it('ends with 1 and the reason when the sheet failed', async () => {
    status = 'FAILED';
    const { code, out } = await upload();
    expect(out).toContain('No page could be read. (SHEET_UNREADABLE)');
    expect(code).toBe(1);
  });
});

describe('gradeflow upload --together', () => {
  let files: string[];
  beforeEach(async () => {
    files = ['front.png', 'back.png'].map((name) => path.join(folder.path, name));
    for (const name of files) await writeFile(name, Buffer.alloc(1_500_000, name));
  });

  it('sends all files as one form, again under the same key when the connection breaks or the server is busy', async () => {
    const keys: unknown[] = [];
    behaviours = [
      (request) => {
        keys.push(request.headers['idempotency-key']);
        request.once('data', () => request.socket.destroy());
      },
      (request, response) => {
        keys.push(request.headers['idempotency-key']);
        request.resume();
        sendJson(response, 503, problem(503, 'UNAVAILABLE', 'The disk is slow.'));
      },
    ];
    const { code, err } = await upload(['--together'], { files });
    expect(received.map(({ key }) => key)).toEqual([keys[0]]);
    expect(keys[1]).toBe(keys[0]);
    for (const name of files) expect(received[0]?.body.includes(Buffer.alloc(1_500_000, name))).toBe(true);
    expect(err).toContain('Trying again');
    expect(code).toBe(0);
  }, 20_000);

  it('says why they were refused, even when the answer comes before the bytes are sent', async () => {
    behaviours = [(_, response) => sendJson(response, 413, problem(413, 'FILE_TOO_LARGE', 'At most 1 MB.'))];
    const { code, err } = await upload(['--together', '--quiet'], { files });
    expect(err).toBe(`${files.join(', ')}: At most 1 MB. (FILE_TOO_LARGE)\n`);
    expect(received).toEqual([]);
    expect(code).toBe(1);
  });
});

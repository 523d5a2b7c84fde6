import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, symlink, utimes } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createRegistry } from '@gradeflow/telemetry';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createApp } from '../../app.ts';
import { startServer } from '../../server.ts';
import { createServices } from '../../services.ts';
import { pdfOf } from '../../testing/sample-files.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let teacher: string;
let student: string;
let folder: string;
let app: TestGateway['app'];

beforeAll(async () => {
  gateway = await startTestGateway();
  app = gateway.app;
  teacher = await gateway.as(gateway.cast.teacher);
  student = await gateway.as(gateway.cast.student);
  folder = path.join(gateway.ports.spool.root, 'uploads');
});
afterAll(() => gateway.close());

const tus = (method: 'post' | 'head' | 'patch' | 'delete' | 'options', url: string, authorization = teacher) =>
  request(app)[method](url).set('Authorization', authorization).set('Tus-Resumable', '1.0.0');

const metadataOf = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');

const sheet = (more: Record<string, string> = {}) =>
  metadataOf({
    filename: 'Prüfung 1.pdf',
    filetype: 'application/pdf',
    assessmentId: gateway.cast.assessment.id,
    purpose: 'submission',
    ...more,
  });

const create = (bytes: number, metadata = sheet(), authorization = teacher) =>
  tus('post', '/v1/uploads', authorization).set('Upload-Length', String(bytes)).set('Upload-Metadata', metadata);

async function begun(bytes: number): Promise<string> {
  const answer = await create(bytes);
  expect(answer.status).toBe(201);
  expect(answer.headers.location).toMatch(/^\/v1\/uploads\/[0-9a-f]{32}$/);
  return answer.headers.location ?? '';
}

const patch = (url: string, offset: number, bytes: Buffer, authorization = teacher) =>
  tus('patch', url, authorization).set('Upload-Offset', String(offset)).set('Content-Type', 'application/offset+octet-stream').send(bytes);

const tusHeaders = () => ({ authorization: teacher, 'tus-resumable': '1.0.0' });

const rawPatch = (url: string, headers: Record<string, string | number>) =>
  httpRequest(url, {
    method: 'PATCH',
    headers: {
      ...tusHeaders(),
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      ...headers,
    },
  });

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const submissionOf = (answer: { headers: Record<string, string> }) =>
  /^\/v1\/submissions\/([0-9a-f-]{36})$/.exec(answer.headers['submission-location'] ?? '')?.[1] ?? 'none';

/** A PDF with some weight: bytes after its end belong to nobody. */
const heavyPdf = async (bytes: number) =>
  Buffer.concat([Buffer.alloc(bytes, '% '), Buffer.from('\n')]).fill(await pdfOf(1), 0, (await pdfOf(1)).length);

describe('a resumable upload', () => {
  it('becomes a submission with its last byte, and HEAD still names it', async () => {
    const bytes = await pdfOf(2);
    const before = await gateway.queued();
    const created = await create(bytes.length, sheet({ label: 'desk 7' }));
    const url = created.headers.location ?? '';
    expect(Date.parse(created.headers['upload-expires'] ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const first = await patch(url, 0, bytes.subarray(0, 100));
    expect([first.status, first.headers['upload-offset'], first.headers['submission-location']]).toEqual([204, '100', undefined]);
    const last = await patch(url, 100, bytes.subarray(100));
    expect([last.status, last.headers['upload-offset']]).toEqual([204, String(bytes.length)]);
    const manifest = await gateway.ports.spool.getManifest(submissionOf(last));
    expect(manifest).toMatchObject({
      label: 'desk 7',
      pagesTotal: 2,
      userId: gateway.cast.teacher.id,
      assessmentId: gateway.cast.assessment.id,
    });
    expect(manifest.files).toMatchObject([{ name: 'Prüfung 1.pdf', sha256: sha256(bytes), bytes: bytes.length }]);
    expect(sha256(await readFile(gateway.ports.spool.originalPath(manifest.submissionId, 'original/1.pdf')))).toBe(sha256(bytes));
    const head = await tus('head', url);
    expect([head.status, head.headers['upload-offset'], head.headers['upload-length']]).toEqual([
      200,
      String(bytes.length),
      String(bytes.length),
    ]);
    expect(submissionOf(head)).toBe(manifest.submissionId);
    expect(head.headers['upload-metadata']).toBe(sheet({ label: 'desk 7' }));
    await waitFor(async () => (await gateway.queued()) === before + 1);
  });

  it('becomes a question paper when that is its purpose', async () => {
    const bytes = await pdfOf(1);
    const url = (await create(bytes.length, sheet({ purpose: 'question-paper' }))).headers.location ?? '';
    const last = await patch(url, 0, bytes);
    expect([last.status, last.headers['submission-location']]).toEqual([204, undefined]);
    const id = /^\/v1\/question-papers\/(.+)$/.exec(last.headers['question-paper-location'] ?? '')?.[1] ?? 'none';
    expect(await gateway.ports.spool.getManifest(id)).toMatchObject({ purpose: 'question-paper', pagesTotal: 1 });
    expect((await tus('head', url)).headers['question-paper-location']).toBe(last.headers['question-paper-location']);
    await waitFor(async () => (await gateway.ports.producer.questionPaperStates([{ paperId: id, run: 1 }]))[0] === 'pending');
  });

  it('makes one submission however often its end is sent, at once or again', async () => {
    const bytes = await pdfOf(1);
    const url = await begun(bytes.length);
    await patch(url, 0, bytes.subarray(0, -1));
    const before = (await gateway.spooled('ready')).length;
    const last = await patch(url, bytes.length - 1, bytes.subarray(-1));
    const again = await Promise.all([
      patch(url, bytes.length, Buffer.alloc(0)),
      patch(url, bytes.length, Buffer.alloc(0)),
      tus('head', url),
    ]);
    expect(again.map(submissionOf)).toEqual(Array(3).fill(submissionOf(last)));
    expect((await gateway.spooled('ready')).length).toBe(before + 1);
  });

  it('is accepted by the next HEAD when the gateway died between the last byte and the acceptance', async () => {
    const bytes = await pdfOf(1);
    const url = await begun(bytes.length);
    const { authorise } = gateway.services.uploads;
    gateway.services.uploads.authorise = () => Promise.reject(new Error('died here'));
    expect((await patch(url, 0, bytes)).status).toBe(500);
    gateway.services.uploads.authorise = authorise;
    const head = await tus('head', url);
    expect((await gateway.ports.spool.getManifest(submissionOf(head))).files[0]?.sha256).toBe(sha256(bytes));
  });

  it('may bring its bytes with the creation', async () => {
    const bytes = await pdfOf(1);
    const answer = await create(bytes.length).set('Content-Type', 'application/offset+octet-stream').send(bytes);
    expect([answer.status, answer.headers['upload-offset']]).toEqual([201, String(bytes.length)]);
    expect((await gateway.ports.spool.getManifest(submissionOf(answer))).files[0]?.sha256).toBe(sha256(bytes));
  });

  it('keeps what had arrived when the connection broke, and goes on there after a restart of the gateway', async () => {
    const bytes = await heavyPdf(1_500_000);
    const url = await begun(bytes.length);
    const server = await startServer(app, { host: '127.0.0.1', port: 0 });
    const call = rawPatch(server.url + url, { 'content-length': bytes.length });
    call.on('error', () => {});
    call.write(bytes.subarray(0, 900_000));
    const file = path.join(folder, path.basename(url));
    await waitFor(async () => (await stat(file)).size >= 800_000);
    call.destroy();
    const half = await tus('head', url);
    const offset = Number(half.headers['upload-offset']);
    expect([half.status, offset >= 800_000, offset <= 900_000]).toEqual([200, true, true]);
    expect(half.headers['submission-location']).toBeUndefined();
    await server.close(1_000);
    const { services, settings } = gateway;
    const ports = { ...gateway.ports, registry: createRegistry('gateway') };
    const restarted = createServices(ports, { ...settings, authSecret: 'another secret: who asks is told by the first gateway' });
    app = createApp(ports, { ...restarted, authenticate: services.authenticate }, { checkResponses: true, trustProxy: false });
    const last = await patch(url, offset, bytes.subarray(offset));
    app = gateway.app;
    const manifest = await ports.spool.getManifest(submissionOf(last));
    expect(sha256(await readFile(ports.spool.originalPath(manifest.submissionId, 'original/1.pdf')))).toBe(sha256(bytes));
    await restarted.background.drained();
  });

  it('takes the next call at once although an earlier one stands still with its connection open', async () => {
    const bytes = await heavyPdf(1_000_000);
    const url = await begun(bytes.length);
    const server = await startServer(app, { host: '127.0.0.1', port: 0 });
    const stalled = rawPatch(server.url + url, { 'content-length': bytes.length });
    stalled.on('error', () => {});
    stalled.write(bytes.subarray(0, 600_000));
    await waitFor(async () => (await stat(path.join(folder, path.basename(url)))).size >= 500_000);
    const began = Date.now();
    const offset = Number((await tus('head', url)).headers['upload-offset']);
    expect(Date.now() - began).toBeLessThan(3_000);
    const last = await patch(url, offset, bytes.subarray(offset));
    expect((await gateway.ports.spool.getManifest(submissionOf(last))).files[0]?.sha256).toBe(sha256(bytes));
    stalled.destroy();
    await server.close(1_000);
  });

  it('begun twice under one Idempotency-Key is one upload; another file under it is refused', async () => {
    const first = await create(100).set('Idempotency-Key', 'again');
    const second = await create(100).set('Idempotency-Key', 'again');
    expect([second.status, second.headers.location, second.headers['idempotency-replayed']]).toEqual([201, first.headers.location, 'true']);
    const other = await create(101).set('Idempotency-Key', 'again');
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });
});

describe('somebody else', () => {
  it('finds nothing at the address of an upload, in the same institution neither', async () => {
    const url = await begun(100);
    for (const user of [gateway.cast.admin, gateway.cast.colleague, gateway.cast.student, gateway.cast.stranger]) {
      const authorization = await gateway.as(user);
      expect((await tus('head', url, authorization)).status).toBe(404);
      expect((await patch(url, 0, Buffer.alloc(100, 'x'), authorization)).body.code).toBe('UPLOAD_NOT_FOUND');
      expect((await tus('delete', url, authorization)).body.code).toBe('UPLOAD_NOT_FOUND');
    }
    expect((await tus('head', url)).headers['upload-offset']).toBe('0');
    expect((await tus('head', '/v1/uploads/..%2F..%2Fkeys')).status).toBe(404);
  });

  it('cannot begin one for an assessment that is not theirs', async () => {
    const begin = async (user: TestGateway['cast']['admin']) => {
      const { status, body } = await create(100, sheet(), await gateway.as(user));
      return [status, body.code];
    };
    expect(await begin(gateway.cast.stranger)).toEqual([404, 'ASSESSMENT_NOT_FOUND']);
    expect(await begin(gateway.cast.colleague)).toEqual([403, 'FORBIDDEN']);
    const forOther = await create(100, sheet({ studentId: gateway.cast.otherStudent.id }), await gateway.as(gateway.cast.student));
    expect([forOther.status, forOther.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('a refusal', () => {
  const creations: Array<[string, number, string, () => ReturnType<typeof create>]> = [
    ['no metadata', 400, 'VALIDATION_FAILED', () => tus('post', '/v1/uploads').set('Upload-Length', '10')],
    ['metadata that is no base64', 400, 'VALIDATION_FAILED', () => create(10, 'filename ä')],
    ['a field that nobody knows', 400, 'VALIDATION_FAILED', () => create(10, sheet({ pages: '2' }))],
    ['another purpose', 422, 'PURPOSE_NOT_AVAILABLE', () => create(10, sheet({ purpose: 'batch' }))],
    ['a question paper of a student', 403, 'FORBIDDEN', () => create(10, sheet({ purpose: 'question-paper' }), student)],
    [
      'a student in a question paper',
      400,
      'VALIDATION_FAILED',
      () => create(10, sheet({ purpose: 'question-paper', studentId: gateway.cast.student.id })),
    ],
    ['an assessment that is none', 404, 'ASSESSMENT_NOT_FOUND', () => create(10, sheet({ assessmentId: 'none' }))],
    ['too large a file', 413, 'FILE_TOO_LARGE', () => create(2_000_001)],
    ['an empty file', 422, 'EMPTY_FILE', () => create(0)],
    ['no length', 400, 'VALIDATION_FAILED', () => tus('post', '/v1/uploads').set('Upload-Metadata', sheet())],
    [
      'a length that is told later',
      501,
      'TUS_REQUEST_INVALID',
      () => tus('post', '/v1/uploads').set('Upload-Metadata', sheet()).set('Upload-Defer-Length', '1'),
    ],
    ['another version', 412, 'TUS_VERSION_NOT_SUPPORTED', () => create(10).set('Tus-Resumable', '0.2.2')],
  ];
  it.each(creations)('at the creation, %s: %d %s', async (_what, status, code, call) => {
    const before = await readdir(folder);
    const answer = await call();
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
    expect(await readdir(folder)).toEqual(before);
  });

  it('of the whole file leaves nothing behind', async () => {
    const before = [await readdir(folder), await gateway.spooled('ready')];
    const words = Buffer.from('just words under the name of a PDF');
    const url = await begun(words.length);
    const answer = await patch(url, 0, words);
    expect([answer.status, answer.body.code]).toEqual([415, 'UNSUPPORTED_FILE_TYPE']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([await readdir(folder), await gateway.spooled('ready')]).toEqual(before);
    expect(await gateway.spooled('tmp')).toEqual([]);
    expect((await tus('head', url)).status).toBe(404);
  });

  it('of a call reaches a client that goes on sending, and the connection serves the next call', async () => {
    const url = await begun(1_900_000);
    const server = await startServer(app, { host: '127.0.0.1', port: 0 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = httpRequest(server.url + url, {
      agent,
      method: 'PATCH',
      headers: { ...tusHeaders(), 'upload-offset': '7', 'content-type': 'application/offset+octet-stream', 'content-length': 1_800_000 },
    });
    call.end(Buffer.alloc(1_800_000));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([409, 'UPLOAD_OFFSET_CONFLICT']);
    const next = httpRequest(server.url + url, { agent, method: 'HEAD', headers: tusHeaders() }).end();
    const [head] = (await once(next, 'response')) as [IncomingMessage];
    expect([head.statusCode, head.headers['upload-offset']]).toEqual([200, '0']);
    head.resume();
    agent.destroy();
    await server.close(1_000);
  });

  it('of bytes that could not be written says that the connection ends, so that the next call is made on another', async () => {
    const url = await begun(1_900_000);
    const bytesPath = path.join(folder, path.basename(url));
    await rm(bytesPath);
    // A disk on which nothing has room.
    await symlink('/dev/full', bytesPath);
    const server = await startServer(app, { host: '127.0.0.1', port: 0 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = {
      ...tusHeaders(),
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': 1_900_000,
    };
    const call = httpRequest(server.url + url, { agent, method: 'PATCH', headers });
    call.on('error', () => {}); // It goes on sending what nobody takes any more.
    call.write(Buffer.alloc(1_000_000));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers.connection, JSON.parse(await text(answer)).status]).toEqual([503, 'close', 503]);
    const next = httpRequest(server.url + url, { agent, method: 'HEAD', headers: tusHeaders() }).end();
    const [head] = (await once(next, 'response')) as [IncomingMessage];
    expect(head.statusCode).toBe(200);
    head.resume();
    agent.destroy();
    await server.close(1_000);
  });

  it('of a call changes nothing: wrong offset, wrong type, more bytes than announced', async () => {
    const url = await begun(100);
    const wrong = await patch(url, 50, Buffer.alloc(10));
    expect([wrong.status, wrong.body.code]).toEqual([409, 'UPLOAD_OFFSET_CONFLICT']);
    const type = await tus('patch', url).set('Upload-Offset', '0').set('Content-Type', 'application/json').send('{}');
    expect([type.status, type.body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const more = await patch(url, 0, Buffer.alloc(200));
    expect([more.status, more.body.code]).toEqual([413, 'FILE_TOO_LARGE']);
    const server = await startServer(app, { host: '127.0.0.1', port: 0 });
    const unannounced = rawPatch(server.url + url, { 'transfer-encoding': 'chunked' }).end(Buffer.alloc(200));
    const [answer] = (await once(unannounced, 'response')) as [IncomingMessage];
    expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([413, 'FILE_TOO_LARGE']);
    await server.close(1_000);
    expect((await tus('head', url)).headers['upload-offset']).toBe('0');
  });
});

describe('the folder of uploads', () => {
  it('is for the gateway’s account alone', async () => {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('loses an upload that is given up, and one that is older than a day', async () => {
    const given = await begun(100);
    expect((await tus('delete', given)).status).toBe(204);
    expect((await tus('head', given)).status).toBe(404);
    const old = await begun(100);
    const young = await begun(100);
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    await utimes(path.join(folder, `${path.basename(old)}.json`), yesterday, yesterday);
    expect(await gateway.services.resumable.sweep()).toBe(2);
    expect((await tus('head', old)).status).toBe(404);
    expect((await tus('head', young)).status).toBe(200);
  });
});

it('OPTIONS tells what there is, and no more', async () => {
  const { status, headers } = await request(app).options('/v1/uploads').set('Authorization', teacher);
  expect([status, headers['tus-version'], headers['tus-max-size']]).toEqual([204, '1.0.0', '2000000']);
  expect(headers['tus-extension']?.split(',').sort()).toEqual(['creation', 'creation-with-upload', 'expiration', 'termination']);
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

import { request as httpRequest } from 'node:http';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startServer } from '../../server.ts';
import { encryptedPdf, pdfOf, pictureOf } from '../../testing/sample-files.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let teacher: string;
let path: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  teacher = await gateway.as(gateway.cast.teacher);
  path = `/v1/assessments/${gateway.cast.assessment.id}/submissions`;
});
afterAll(() => gateway.close());

const upload = (files: Array<[Buffer, string]>, fields: Record<string, string> = {}, authorization = teacher) => {
  const call = request(gateway.app).post(path).set('Authorization', authorization);
  for (const [name, value] of Object.entries(fields)) call.field(name, value);
  for (const [bytes, filename] of files) call.attach('file', bytes, { filename });
  return call;
};

describe('an upload', () => {
  it('is in the spool when it is answered, and in the queue soon after', async () => {
    const before = await gateway.queued();
    const answer = await upload([[await pdfOf(2), 'Prüfung 1.pdf']], { label: 'desk 7' });
    expect(answer.status).toBe(202);
    const { id } = answer.body;
    expect(answer.body).toEqual({ id, status: 'RECEIVED', statusUrl: `/v1/submissions/${id}`, eventsUrl: `/v1/submissions/${id}/events` });
    expect(answer.headers.location).toBe(`/v1/submissions/${id}`);
    const manifest = await gateway.ports.spool.getManifest(id);
    expect(manifest).toMatchObject({ label: 'desk 7', studentId: null, pagesTotal: 2, userId: gateway.cast.teacher.id });
    expect(manifest.files).toMatchObject([{ name: 'Prüfung 1.pdf', mediaType: 'application/pdf', pages: 2 }]);
    await waitFor(async () => (await gateway.queued()) === before + 1);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('takes several pictures as the pages of one sheet, in the order in which they came', async () => {
    const answer = await upload([
      [await pictureOf('webp'), 'b.webp'],
      [await pictureOf('tiff'), 'a.tif'],
      [await pictureOf('png'), 'c.png'],
    ]);
    expect(answer.status).toBe(202);
    const { files, pagesTotal } = await gateway.ports.spool.getManifest(answer.body.id);
    expect(pagesTotal).toBe(3);
    expect(files.map((file) => file.mediaType)).toEqual(['image/webp', 'image/tiff', 'image/png']);
  });

  it("counts as the student's own when a student sends it, and as nobody else's", async () => {
    const { student, otherStudent } = gateway.cast;
    const file: [Buffer, string] = [await pdfOf(1), 'mine.pdf'];
    const own = await upload([file], {}, await gateway.as(student));
    expect((await gateway.ports.spool.getManifest(own.body.id)).studentId).toBe(student.id);
    const forOther = await upload([file], { studentId: otherStudent.id }, await gateway.as(student));
    expect([forOther.status, forOther.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('a refused upload leaves nothing in spool and queue', () => {
  const refusals: Array<[string, number, string, () => Promise<Array<[Buffer, string]>>]> = [
    ['text under the name of a PDF', 415, 'UNSUPPORTED_FILE_TYPE', async () => [[Buffer.from('just words'), 'sheet.pdf']]],
    ['an empty file', 422, 'EMPTY_FILE', async () => [[Buffer.alloc(0), 'sheet.pdf']]],
    ['a PDF that asks for a password', 422, 'PDF_ENCRYPTED', async () => [[await encryptedPdf(), 'sheet.pdf']]],
    ['a PDF that is cut off', 422, 'PDF_UNREADABLE', async () => [[Buffer.from('%PDF-1.7\ngarbage'), 'sheet.pdf']]],
    ['a picture that is cut off', 422, 'IMAGE_UNREADABLE', async () => [[(await pictureOf('png')).subarray(0, 20), 'sheet.png']]],
    ['too many pages in one file', 422, 'TOO_MANY_PAGES', async () => [[await pdfOf(6), 'sheet.pdf']]],
    ['too many pictures', 422, 'TOO_MANY_PAGES', async () => Array(6).fill([await pictureOf('png'), 'page.png'])],
    ['a picture of too many pixels', 422, 'IMAGE_TOO_LARGE', async () => [[await pictureOf('png', 3000, 3000), 'sheet.png']]],
    ['an enormous page', 422, 'PAGE_TOO_LARGE', async () => [[await pdfOf(1, [14_000, 14_000]), 'sheet.pdf']]],
    ['two PDFs', 422, 'FILES_NOT_COMBINABLE', async () => Array(2).fill([await pdfOf(1), 'sheet.pdf'])],
    ['more bytes than allowed, announced', 413, 'FILE_TOO_LARGE', async () => [[Buffer.alloc(4_000_000, 'x'), 'sheet.pdf']]],
    ['more bytes than allowed, over two files', 413, 'FILE_TOO_LARGE', async () => Array(2).fill([Buffer.alloc(1_200_000, 'x'), 'a.png'])],
    ['no file at all', 400, 'FILE_MISSING', async () => []],
  ];
  it.each(refusals)('%s: %d %s', async (_what, status, code, files) => {
    const before = [await gateway.spooled('ready'), await gateway.queued()];
    const answer = await upload(await files(), { label: 'x' });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([await gateway.spooled('ready'), await gateway.queued()]).toEqual(before);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('fields that do not belong there: 400 names them', async () => {
    const answer = await upload([[await pdfOf(1), 'a.pdf']], { studentId: 'not an id', colour: 'red' });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path: '/studentId' }));
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('a file under another name: 400', async () => {
    const answer = await request(gateway.app)
      .post(path)
      .set('Authorization', teacher)
      .attach('sheet', await pdfOf(1), 'a.pdf');
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('a body that is no multipart: 415; a multipart body that is cut off: 400', async () => {
    const json = await request(gateway.app).post(path).set('Authorization', teacher).send({ file: 'x' });
    expect([json.status, json.body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const cut = await request(gateway.app)
      .post(path)
      .set('Authorization', teacher)
      .set('Content-Type', 'multipart/form-data; boundary=b')
      .send('--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF');
    expect([cut.status, cut.body.code]).toEqual([400, 'MALFORMED_MULTIPART']);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('a student who is none of the course: 422', async () => {
    const answer = await upload([[await pdfOf(1), 'a.pdf']], { studentId: gateway.cast.stranger.id });
    expect([answer.status, answer.body.code]).toEqual([422, 'STUDENT_NOT_FOUND']);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('a client that goes away in the middle', async () => {
    const server = await startServer(gateway.app, { host: '127.0.0.1', port: 0 });
    const before = await gateway.spooled('ready');
    const call = httpRequest(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: teacher, 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1_000_000 },
    });
    call.on('error', () => {});
    call.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7');
    await waitFor(async () => (await gateway.spooled('tmp')).length > 0);
    call.destroy();
    await waitFor(async () => (await gateway.spooled('tmp')).length === 0);
    expect(await gateway.spooled('ready')).toEqual(before);
    await server.close(1_000);
  });
});

describe('an Idempotency-Key', () => {
  const keyed = async (key: string, label: string, user = gateway.cast.teacher) =>
    upload([[await pdfOf(1), 'a.pdf']], { label }, await gateway.as(user)).set('Idempotency-Key', key);

  it('makes one submission of fifty calls at once', async () => {
    const before = (await gateway.spooled('ready')).length;
    const bytes = await pdfOf(1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => upload([[bytes, 'a.pdf']]).set('Idempotency-Key', 'fifty-at-once')));
    expect(new Set(answers.map((answer) => answer.body.detail ?? answer.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true')).toHaveLength(49);
    expect((await gateway.spooled('ready')).length).toBe(before + 1);
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('refuses another body, and is nobody else’s', async () => {
    const pdf = await pdfOf(1);
    const send = (label: string, authorization: string) => upload([[pdf, 'a.pdf']], { label }, authorization).set('Idempotency-Key', 'k-1');
    const first = await send('one', teacher);
    const other = await send('two', teacher);
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    const admins = await send('two', await gateway.as(gateway.cast.admin));
    expect(admins.status).toBe(202);
    expect(admins.body.id).not.toBe(first.body.id);
    expect((await keyed('bad key with spaces', 'x')).status).toBe(400);
  });

  it('is finished under its id when the call that claimed it died before it committed', async () => {
    const bytes = await pdfOf(1);
    const send = () => upload([[bytes, 'a.pdf']]).set('Idempotency-Key', 'crashed');
    const first = await send();
    // As a crash between claim and commit leaves it: the key is there, the entry is not.
    await gateway.ports.spool.remove(first.body.id);
    const second = await send();
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
    expect(await gateway.ports.spool.findManifest(first.body.id)).not.toBeNull();
  });
});

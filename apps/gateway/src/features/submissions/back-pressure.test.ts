import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { type RunningServer, startServer } from '../../server.ts';
import { pdfOf } from '../../testing/sample-files.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

const tus = { 'Tus-Resumable': '1.0.0' };
const metadataOf = (assessmentId: string) =>
  Object.entries({ filename: 'a.pdf', assessmentId, purpose: 'submission' })
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

describe('a spool above its limit', () => {
  let gateway: TestGateway;
  let server: RunningServer;
  let authorization: string;
  let target: string;
  beforeAll(async () => {
    gateway = await startTestGateway({ settings: { spoolLimits: { maxBytes: 60_000, minFreeBytes: 0, maxUploads: 10 } } });
    server = await startServer(gateway.app, { host: '127.0.0.1', port: 0 });
    authorization = await gateway.as(gateway.cast.teacher);
    target = `/v1/assessments/${gateway.cast.assessment.id}`;
  });
  afterAll(async () => {
    await server.close(0);
    await gateway.close();
  });

  /** Sends the head of a request and a little of its body, and gives what comes back until the server has said all that it says. */
  const raw = async (head: string[]): Promise<string> => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await waitFor(() => text.includes('\r\n\r\n') && text.endsWith('}'), { what: 'an answer' });
    socket.destroy();
    return text;
  };
  const head = (method: string, address: string, more: string[]) => [
    `${method} ${address} HTTP/1.1`,
    'Host: x',
    `Authorization: ${authorization}`,
    'Content-Length: 1500000',
    ...more,
  ];
  const multipart = 'Content-Type: multipart/form-data; boundary=b';

  it.each([
    ['a sheet', () => head('POST', `${target}/submissions`, [multipart])],
    ['a sheet whose sender waits to be told', () => head('POST', `${target}/submissions`, [multipart, 'Expect: 100-continue'])],
    ['a question paper', () => head('POST', `${target}/question-paper`, [multipart])],
    [
      'the beginning of a resumable upload',
      () => {
        const metadata = `Upload-Metadata: ${metadataOf(gateway.cast.assessment.id)}`;
        return head('POST', '/v1/uploads', [
          'Tus-Resumable: 1.0.0',
          'Upload-Length: 1500000',
          metadata,
          'Content-Type: application/offset+octet-stream',
        ]);
      },
    ],
  ])('refuses %s before a byte of it is read', async (_what, lines) => {
    const text = await raw(lines());
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).not.toContain('100 Continue');
    expect(text).toContain('Retry-After: 10');
    expect(text).toContain('"code":"SPOOL_FULL"');
    expect(await gateway.spooled('tmp')).toEqual([]);
  });

  it('tells a client that waits to send, once there is room', async () => {
    const text = await new Promise<string>((resolve) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      socket.once('data', (chunk) => {
        resolve(String(chunk));
        socket.destroy();
      });
      const lines = head('POST', `${target}/submissions`, [multipart, 'Expect: 100-continue']);
      socket.write(`${lines.join('\r\n').replace('1500000', '5000')}\r\n\r\n`);
    });
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue/);
    await waitFor(async () => (await gateway.spooled('tmp')).length === 0);
  });

  it('refuses the next bytes of a resumable upload, which stays where it is', async () => {
    const created = await request(gateway.app)
      .post('/v1/uploads')
      .set({ ...tus, Authorization: authorization, 'Upload-Length': '40000', 'Upload-Metadata': metadataOf(gateway.cast.assessment.id) });
    expect(created.status).toBe(201);
    const filled = await request(gateway.app)
      .post(`${target}/submissions`)
      .set('Authorization', authorization)
      .attach('file', Buffer.concat([await pdfOf(1), Buffer.alloc(45_000, '\n')]), 'a.pdf');
    expect(filled.status).toBe(202);
    const patch = await request(gateway.app)
      .patch(created.headers.location ?? '')
      .set({ ...tus, Authorization: authorization, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' })
      .send(Buffer.alloc(40_000, 'x'));
    expect([patch.status, patch.body.code]).toEqual([503, 'SPOOL_FULL']);
    const where = await request(gateway.app)
      .head(created.headers.location ?? '')
      .set({ ...tus, Authorization: authorization });
    expect(where.headers['upload-offset']).toBe('0');
  });

  it('is counted in the metrics, and says so in /readyz once not even an empty upload has room', async () => {
    const metrics = (await request(gateway.app).get('/metrics')).text;
    expect(Number(/^gradeflow_upload_refusals_total\{.*\} (\d+)/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(5);
    expect(metrics).toMatch(/^gradeflow_upload_room_limit_bytes\{.*\} 60000$/m);
    expect(Number(/^gradeflow_upload_room_used_bytes\{.*\} (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(45_000);
    expect((await request(gateway.app).get('/readyz')).body.checks.spool.status).toBe('ok');
    const place = await gateway.services.spoolRoom.enter(60_000 - (await gateway.services.spoolRoom.figures()).usedBytes);
    place.leave(60_000);
    const ready = await request(gateway.app).get('/readyz');
    expect([ready.status, ready.body.status, ready.body.checks.spool.status]).toEqual([503, 'down', 'down']);
  });
});

describe('an upload that does not say how long it is', () => {
  let gateway: TestGateway;
  let server: RunningServer;
  let authorization: string;
  beforeAll(async () => {
    const spoolLimits = { maxBytes: 3_000_000, minFreeBytes: 0, maxUploads: 10 };
    gateway = await startTestGateway({ settings: { spoolLimits, uploadLimits: { maxBytes: 50_000_000, maxPages: 5 } } });
    server = await startServer(gateway.app, { host: '127.0.0.1', port: 0 });
    authorization = await gateway.as(gateway.cast.teacher);
  });
  afterAll(async () => {
    await server.close(0);
    await gateway.close();
  });
  const used = async () => (await gateway.services.spoolRoom.figures()).usedBytes;
  const send = async (method: string, address: string, headers: Record<string, string>, body: ReadableStream) => {
    const answer = await fetch(new URL(address, server.url), {
      ...{ method, body, duplex: 'half' },
      headers: { authorization, connection: 'close', ...headers },
    });
    return { status: answer.status, ...((await answer.json()) as { code?: string }) };
  };
  /** A sheet of so many million bytes and, `more` having resolved, of as many again. */
  const sheetOf = (millions: number, more: Promise<void>) =>
    ReadableStream.from(
      (async function* () {
        yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n');
        yield await pdfOf(1);
        for (const wait of [Promise.resolve(), more]) {
          await wait;
          for (let part = 0; part < 10 * millions; part++) yield Buffer.alloc(100_000, '\n');
        }
        yield Buffer.from('\r\n--b--\r\n');
      })(),
    );
  const upload = (body: ReadableStream) => {
    const type = { 'content-type': 'multipart/form-data; boundary=b' };
    return send('POST', `/v1/assessments/${gateway.cast.assessment.id}/submissions`, type, body);
  };

  it('counts as it arrives, is refused in the middle, and leaves nothing', async () => {
    const before = await used();
    const more = Promise.withResolvers<void>();
    const answer = upload(sheetOf(2, more.promise));
    await waitFor(async () => (await used()) - before >= 1_000_000, { what: 'the first half to count' });
    expect(await gateway.spooled('tmp')).toHaveLength(1);
    more.resolve();
    expect(await answer).toMatchObject({ status: 503, code: 'SPOOL_FULL' });
    expect([await gateway.spooled('tmp'), await gateway.spooled('ready'), await used()]).toEqual([[], [], before]);
    expect(await upload(sheetOf(1, Promise.resolve()))).toMatchObject({ status: 'RECEIVED' });
    expect((await used()) - before).toBeGreaterThanOrEqual(2_000_000);
  });

  it('is refused as the next part of a resumable one when what is missing of that has no room', async () => {
    const created = await request(gateway.app)
      .post('/v1/uploads')
      .set({ ...tus, Authorization: authorization, 'Upload-Length': '400000', 'Upload-Metadata': metadataOf(gateway.cast.assessment.id) });
    expect(created.status).toBe(201);
    const place = await gateway.services.spoolRoom.enter(700_000);
    const next = { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' };
    const body = ReadableStream.from([Buffer.alloc(400_000, 'x')]);
    expect(await send('PATCH', created.headers.location ?? '', next, body)).toMatchObject({ status: 503, code: 'SPOOL_FULL' });
    place.leave(0);
    const where = await request(gateway.app)
      .head(created.headers.location ?? '')
      .set({ ...tus, Authorization: authorization });
    expect(where.headers['upload-offset']).toBe('0');
  });
});

/** A small volume over the spool of a gateway; null where this may not be mounted. */
function mountSmallVolume(root: string, megabytes: number): { remountReadOnly: () => void; unmount: () => void } | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', root], { stdio: 'pipe' });
  } catch {
    return null;
  }
  return {
    remountReadOnly: () => execFileSync('mount', ['-o', 'remount,ro', root], { stdio: 'pipe' }),
    unmount: () => execFileSync('umount', ['-l', root], { stdio: 'pipe' }),
  };
}

describe('a volume that fills up, or may not be written any more', () => {
  it('is named, leaves nothing half-written, and takes uploads again', async () => {
    const gateway = await startTestGateway({ settings: { uploadLimits: { maxBytes: 50_000_000, maxPages: 5 } } });
    const server = await startServer(gateway.app, { host: '127.0.0.1', port: 0 });
    // What the parts of the gateway make in their folders at start is made before another volume stands there.
    await request(gateway.app).get('/readyz');
    const volume = mountSmallVolume(gateway.ports.spool.root, 3);
    try {
      if (volume === null) return void process.stderr.write('skipped: no tmpfs can be mounted here (mount needs root)\n');
      await gateway.ports.spool.prepare();
      await mkdir(path.join(gateway.ports.spool.root, 'uploads'), { recursive: true });
      const authorization = await gateway.as(gateway.cast.teacher);
      const sheet = await pdfOf(1);
      // Without a length it is let in: that it is too much shows on the way.
      const send = async (method: string, address: string, headers: Record<string, string>, parts: Buffer[]) => {
        const body = ReadableStream.from(parts);
        const answer = await fetch(new URL(address, server.url), {
          method,
          headers: { authorization, connection: 'close', ...headers },
          body,
          duplex: 'half',
        });
        return { status: answer.status, ...((await answer.json()) as { code?: string }) };
      };
      const upload = (size: number) =>
        send('POST', `/v1/assessments/${gateway.cast.assessment.id}/submissions`, { 'content-type': 'multipart/form-data; boundary=b' }, [
          Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'),
          sheet,
          Buffer.alloc(size, '\n'),
          Buffer.from('\r\n--b--\r\n'),
        ]);
      expect(await upload(6_000_000)).toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE' });
      expect([await gateway.spooled('tmp'), await gateway.spooled('ready')]).toEqual([[], []]);

      const created = await request(gateway.app)
        .post('/v1/uploads')
        .set({
          ...tus,
          Authorization: authorization,
          'Upload-Length': '2900000',
          'Upload-Metadata': metadataOf(gateway.cast.assessment.id),
        });
      const address = created.headers.location ?? '';
      // Somebody else takes the room meanwhile.
      await writeFile(path.join(gateway.ports.spool.root, 'other'), Buffer.alloc(1_500_000));
      const offset = { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' };
      expect(await send('PATCH', address, offset, [Buffer.alloc(2_900_000, 'x')])).toMatchObject({
        status: 507,
        code: 'INSUFFICIENT_STORAGE',
      });
      await request(gateway.app)
        .delete(address)
        .set({ ...tus, Authorization: authorization });
      expect(await upload(10)).toMatchObject({ status: 'RECEIVED' });

      volume.remountReadOnly();
      expect(await upload(10)).toMatchObject({ status: 503, code: 'SPOOL_NOT_WRITABLE' });
      expect(await gateway.spooled('ready')).toHaveLength(1);
    } finally {
      volume?.unmount();
      await server.close(0);
      await gateway.close();
    }
  });
});

import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createTempDir, testRedis } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadCliEnv } from '../env.ts';
import { checkNode, checkPort } from './check-machine.ts';
import { checkModel, checkVisionModel } from './check-model.ts';
import { checkOcr } from './check-ocr.ts';
import { checkRedis } from './check-redis.ts';
import { checkSpool } from './check-spool.ts';

let dir: Awaited<ReturnType<typeof createTempDir>>;
let server: Server;
let port: number;
let answer: (url: string, authorization: string | undefined) => { status: number; body: unknown };

beforeEach(async () => {
  dir = await createTempDir();
  server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '', request.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await dir.remove();
});

describe('the doctor', () => {
  it('proves the spool volume from two processes and leaves nothing there', async () => {
    const root = path.join(dir.path, 'spool');
    expect(await checkSpool(root)).toMatchObject({ ok: true });
    expect(await readdir(path.join(root, 'tmp'))).toEqual([]);
  });

  it('names a spool folder that cannot be made', async () => {
    const file = path.join(dir.path, 'file');
    await writeFile(file, 'not a folder');
    expect(await checkSpool(path.join(file, 'spool'))).toMatchObject({ ok: false, todo: expect.stringContaining(file) });
  });

  it('accepts a queue Redis that never evicts, and says what to do when none answers', async () => {
    expect(await checkRedis({ role: 'queue', url: testRedis().url, dataDir: dir.path })).toMatchObject({
      ok: true,
      text: expect.stringContaining('noeviction'),
    });
    expect(await checkRedis({ role: 'cache', url: `redis://127.0.0.1:1`, dataDir: dir.path })).toMatchObject({
      ok: false,
      todo: expect.stringContaining('REDIS_CACHE_URL'),
    });
  });

  it('does not count an embedded server that is not running as a fault', async () => {
    expect(await checkRedis({ role: 'queue', url: undefined, dataDir: dir.path })).toMatchObject({
      ok: true,
      text: expect.stringContaining('not running'),
    });
  });

  it('tells a gateway that is degraded from one that is well and from a stranger on the port', async () => {
    const env = loadCliEnv({ PORT: String(port), DATA_DIR: dir.path });
    const checks = { redis: { status: 'down', detail: 'refused' }, postgres: { status: 'ok' } };
    answer = () => ({ status: 200, body: { status: 'degraded', checks } });
    expect(await checkPort(env)).toMatchObject({ ok: false, text: expect.stringContaining('redis (refused)') });
    answer = () => ({ status: 200, body: { status: 'ok', checks: {} } });
    expect(await checkPort(env)).toMatchObject({ ok: true });
    answer = () => ({ status: 404, body: 'who?' });
    expect(await checkPort(env)).toMatchObject({ ok: false, todo: expect.stringContaining(`PORT=${port + 1}`) });
  });

  it('finds a model that is not offered and a key that is refused, without showing the key', async () => {
    const env = (model: string, key: string) =>
      loadCliEnv({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: model, OPENAI_API_KEY: key });
    answer = (url, authorization) =>
      authorization === 'Bearer right' && url === '/v1/models'
        ? { status: 200, body: { data: [{ id: 'small' }] } }
        : { status: 401, body: {} };
    expect(await checkModel(env('small', 'right'))).toMatchObject({ ok: true });
    expect(await checkModel(env('large', 'right'))).toMatchObject({ ok: false, todo: expect.stringContaining('small') });
    const refused = await checkModel(env('small', 'sk-wrong'));
    expect(refused).toMatchObject({ ok: false, todo: expect.stringContaining('OPENAI_API_KEY') });
    expect(JSON.stringify(refused)).not.toContain('sk-wrong');
    const eyes = { ...env('small', 'right'), OCR_VISION_MODEL: 'eyes' };
    expect(await checkVisionModel(eyes)).toMatchObject({ ok: false, todo: expect.stringContaining('OCR_VISION_MODEL to one of: small') });
    expect(await checkVisionModel({ ...eyes, OPENAI_BASE_URL: undefined, OPENAI_API_KEY: undefined })).toMatchObject({ ok: false });
  });

  it('says which engine would read, and what to do when the one that was asked for is not there', async () => {
    const searchPath = process.env.PATH;
    process.env.PATH = dir.path;
    try {
      expect(await checkOcr({ engine: 'auto', ocrDataDir: undefined })).toMatchObject({
        ok: true,
        text: expect.stringMatching(/^tesseract\.js, built in, eng \w+ .*apt-get install tesseract-ocr/),
      });
      expect(await checkOcr({ engine: 'native', ocrDataDir: undefined })).toMatchObject({
        ok: false,
        todo: expect.stringContaining('tesseract-ocr'),
      });
    } finally {
      process.env.PATH = searchPath;
    }
  });

  it('asks for Node 24', () => {
    expect(checkNode('20.20.2')).toMatchObject({ ok: false });
    expect(checkNode('24.1.0')).toMatchObject({ ok: true });
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { command } from './languages.ts';

/** A registry with one language, Klingon, as npm asks for it. */
let registry: Server;
let url: string;
let folder: Awaited<ReturnType<typeof createTempDir>>;
const before = { ...process.env };
const patient = 60_000;

beforeAll(async () => {
  folder = await createTempDir();
  const tarball = await packLanguage();
  registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(tarball);
    if (request.url !== '/@tesseract.js-data%2ftlh') return response.writeHead(404).end('{}');
    const name = '@tesseract.js-data/tlh';
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const version = { name, version: '1.0.0', dist: { tarball: `${url}/tlh.tgz`, integrity } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }));
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
beforeEach(() => {
  const dataDir = path.join(folder.path, 'data');
  Object.assign(process.env, { DATA_DIR: dataDir, npm_config_registry: url, npm_config_cache: path.join(folder.path, 'cache') });
  delete process.env.OCR_DATA_DIR;
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  registry.close();
  await folder.remove();
});

async function packLanguage(): Promise<Buffer> {
  const data = path.join(folder.path, 'package/4.0.0_best_int');
  await mkdir(data, { recursive: true });
  await writeFile(path.join(folder.path, 'package/package.json'), JSON.stringify({ name: '@tesseract.js-data/tlh', version: '1.0.0' }));
  await writeFile(path.join(data, 'tlh.traineddata.gz'), gzipSync('networks'));
  execFileSync('tar', ['-czf', 'tlh.tgz', 'package'], { cwd: folder.path });
  return readFile(path.join(folder.path, 'tlh.tgz'));
}

async function languages(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const running = command.run(args, { stdout, stderr }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [code, out] = await Promise.all([running, text(stdout), text(stderr)]);
  return { code, out };
}

describe('gradeflow languages', () => {
  it(
    'fetches a language with npm into DATA_DIR/tessdata, and lists it from then on',
    async () => {
      const tessdata = path.join(process.env.DATA_DIR ?? '', 'tessdata');
      expect((await languages()).out).not.toContain('tlh');
      expect(await languages('add', 'tlh')).toEqual({ code: 0, out: `${tessdata}/tlh.traineddata\n` });
      expect(await readFile(path.join(tessdata, 'tlh.traineddata'), 'utf8')).toBe('networks');
      expect(await readdir(tessdata)).toEqual(['tlh.traineddata']);
      expect((await languages()).out).toContain(`tlh\tcustom\t${tessdata}\n`);
    },
    patient,
  );

  it(
    'says what is wrong with a language that npm does not have, and without a registry',
    async () => {
      await expect(languages('add', 'xqz')).rejects.toMatchObject({ code: 'UNKNOWN_LANGUAGE' });
      await expect(languages('add', '../tlh')).rejects.toMatchObject({ code: 'UNKNOWN_LANGUAGE' });
      process.env.npm_config_registry = 'http://127.0.0.1:9/';
      await expect(languages('add', 'fra')).rejects.toMatchObject({
        code: 'LANGUAGE_NOT_FETCHED',
        message: expect.stringContaining('ECONNREFUSED'),
      });
      expect((await languages('remove', 'tlh')).code).toBe(2);
    },
    patient,
  );
});

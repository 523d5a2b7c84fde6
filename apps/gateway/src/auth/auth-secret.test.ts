import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { loadAuthSecret } from './auth-secret.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(() => folder.remove());

it('is made once, for the owner alone, however many gateways start at once', async () => {
  const load = () => loadAuthSecret({ given: undefined, dataDir: folder.path });
  const secrets = await Promise.all([load(), load(), load(), load()]);
  secrets.push(await load());
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]?.length).toBeGreaterThanOrEqual(32);
  expect((await stat(path.join(folder.path, 'secrets', 'auth'))).mode & 0o777).toBe(0o600);
  expect(await readdir(path.join(folder.path, 'secrets'))).toEqual(['auth']);
});

it('an empty file is no secret', async () => {
  const dataDir = path.join(folder.path, 'damaged');
  await mkdir(path.join(dataDir, 'secrets'), { recursive: true });
  await writeFile(path.join(dataDir, 'secrets', 'auth'), '');
  await expect(loadAuthSecret({ given: undefined, dataDir })).rejects.toThrow('no usable secret');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockDataDir } from './run-lock.ts';

let dir: Awaited<ReturnType<typeof createTempDir>>;
beforeEach(async () => {
  dir = await createTempDir();
});
afterEach(() => dir.remove());
const pidFile = () => path.join(dir.path, 'run', 'start.pid');

describe('the lock of a data folder', () => {
  it('refuses a second run while the first one lives, and names it', async () => {
    const main = path.join(dir.path, 'main.ts');
    await writeFile(main, "console.log('up'); setInterval(() => {}, 1000);");
    const first = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(first.stdout, 'data');
      await (await lockDataDir(dir.path))();
      await writeFile(pidFile(), `${first.pid}\n`);
      await expect(lockDataDir(dir.path)).rejects.toMatchObject({
        code: 'DATA_DIR_IN_USE',
        message: expect.stringContaining(`process ${first.pid}`),
      });
    } finally {
      first.kill('SIGKILL');
      await once(first, 'exit');
    }
    // It is gone now, and its file is not in the way.
    await (await lockDataDir(dir.path))();
  });

  it('is not held by a stranger that was given the old process id', async () => {
    await (await lockDataDir(dir.path))();
    await writeFile(pidFile(), '1\n');
    const release = await lockDataDir(dir.path);
    expect(await readFile(pidFile(), 'utf8')).toBe(`${process.pid}\n`);
    await release();
    await expect(readFile(pidFile())).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

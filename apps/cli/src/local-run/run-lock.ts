import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findCommandLine, isAlive } from '@gradeflow/embedded-services';
import { ConflictError } from '@gradeflow/errors';

/**
 * Claims DATA_DIR for this process by a file with its id. A file whose process is gone (or whose id belongs to another program by now) is
 * taken over. Throws ConflictError DATA_DIR_IN_USE. Resolves with the release.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = path.join(dataDir, 'run', 'start.pid');
  await mkdir(path.dirname(file), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (attempt === 3 || (await isOurs(holder))) {
      throw new ConflictError({
        code: 'DATA_DIR_IN_USE',
        detail: `Gradeflow runs on ${dataDir} already (process ${holder}). Stop that one, or set DATA_DIR to another folder.`,
      });
    }
    await rm(file, { force: true });
  }
}

async function isOurs(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid === process.pid || !(await isAlive(pid))) return false;
  return /\bmain\.ts\b/.test((await findCommandLine(pid)) ?? '');
}

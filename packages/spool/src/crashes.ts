import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeSynced } from './durable.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { Spool } from './types.ts';

/**
 * Crashes of reading processes over the files of an entry: one synced file `crashes/<file>-<page>.<uuid>` each, so that the count survives an emptied
 * queue and restarts. Nothing is counted for an entry that is gone.
 */
export function entryCrashes(paths: SpoolPaths): Pick<Spool, 'recordCrash' | 'countCrashes' | 'forgetCrashes'> {
  const countCrashes = async (id: string, file: number): Promise<number> =>
    (await namesIn(paths.crashes(id))).filter((name) => name.startsWith(`${file}-`)).length;

  return {
    countCrashes: (id, file) => withSpoolErrors(() => countCrashes(id, file)),
    recordCrash: (id, { file, page, reason }) =>
      withSpoolErrors(async () => {
        const folder = paths.crashes(id);
        if (!(await makeFolder(folder))) return 0;
        await writeSynced(path.join(folder, `${file}-${page}.${randomUUID()}`), `${reason}\n`);
        await Promise.all([syncFolder(folder), syncFolder(paths.entry(id))]);
        return countCrashes(id, file);
      }),
    forgetCrashes: (id) =>
      withSpoolErrors(async () => {
        const away = path.join(paths.tmp, `removed-${randomUUID()}`);
        try {
          await rename(paths.crashes(id), away);
        } catch (error) {
          if (hasCode(error, 'ENOENT')) return;
          throw error;
        }
        await syncFolder(paths.entry(id));
        await rm(away, { recursive: true, force: true });
      }),
  };
}

/** Never makes the entry itself: false when it is gone. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return true;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { Spool } from './types.ts';

/**
 * Counted turns of an entry: files `turns/<n>`, each made by exclusive create and naming its holder, so that all processes together never hand out more than
 * `most`. Not synced: what a power failure takes back is handed out once more.
 */
export function entryTurns(paths: SpoolPaths): Pick<Spool, 'claimTurn'> {
  return {
    claimTurn: (id, holder, most) =>
      withSpoolErrors(async () => {
        const folder = paths.turns(id);
        if (!(await makeFolder(folder))) return false;
        const taken = await readdir(folder);
        if ((await holdersOf(folder, taken)).includes(holder)) return true;
        for (let turn = taken.length; turn < most; turn += 1) if (await createNew(path.join(folder, `${turn}`), holder)) return true;
        return false;
      }),
  };
}

/** False when the entry itself is gone. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return true;
}

function holdersOf(folder: string, names: string[]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
}

/** False when somebody else was quicker. */
async function createNew(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';

/** Absolute path of the first of the programs that is on the PATH; null when none is. */
export async function findOnPath(names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
      const file = path.join(folder, name);
      const executable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return file;
    }
  }
  return null;
}

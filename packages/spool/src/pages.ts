import { mkdir, readdir, readFile } from 'node:fs/promises';
import { PageReading } from '@gradeflow/contracts';
import { NotFoundError } from '@gradeflow/errors';
import { syncFolder, writeDurable } from './durable.ts';
import { exists } from './exists.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { Spool } from './types.ts';

/** What reading leaves in an entry. Pages are written once; a second writer of the same page writes the same and changes nothing. */
export function pageFiles(paths: SpoolPaths): Pick<Spool, 'findPage' | 'listPages' | 'writePage' | 'findPagePicture'> {
  /** Never makes the entry itself: what was removed must not rise again. */
  const makePagesFolder = async (id: string) => {
    try {
      await mkdir(paths.pages(id));
      await syncFolder(paths.entry(id));
    } catch (error) {
      if (hasCode(error, 'ENOENT'))
        throw new NotFoundError({ code: 'SPOOL_ENTRY_GONE', detail: 'The upload is no longer in the spool.', cause: error });
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  };

  return {
    async findPage(id, page) {
      const text = await withSpoolErrors(() => readOrNull(paths.page(id, page, 'json')));
      return text === null ? null : PageReading.parse(JSON.parse(text));
    },
    async listPages(id) {
      const names = await withSpoolErrors(() => namesIn(paths.pages(id)));
      const numbers = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
      return numbers.sort((a, b) => a - b);
    },
    writePage: (id, reading, picture) =>
      withSpoolErrors(async () => {
        const file = paths.page(id, reading.number, 'json');
        await makePagesFolder(id);
        if (await exists(file)) return;
        if (picture) await writeDurable(paths.page(id, reading.number, 'webp'), picture);
        await writeDurable(file, JSON.stringify(PageReading.parse(reading)));
      }),
    async findPagePicture(id, page) {
      const file = paths.page(id, page, 'webp');
      return (await withSpoolErrors(() => exists(file))) ? file : null;
    },
  };
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { SpoolUsage } from './types.ts';

/** Entries looked at side by side: the threads that look are also those that take uploads. */
const entriesAtOnce = 4;

/** Counts what lies in `ready/` and in `quarantine/`. Cost: a stat a file, so ask for it now and then and not each time. */
export function measureUsage(paths: SpoolPaths): Promise<SpoolUsage> {
  return withSpoolErrors(async () => {
    const [ready, quarantined] = [await bytesBelow(paths.ready), await bytesBelow(paths.quarantine)];
    return { entries: ready.entries, bytes: ready.bytes, quarantined: quarantined.entries, quarantinedBytes: quarantined.bytes };
  });
}

async function bytesBelow(folder: string): Promise<{ entries: number; bytes: number }> {
  const names = await readdir(folder);
  let bytes = 0;
  for (let start = 0; start < names.length; start += entriesAtOnce) {
    const sizes = await Promise.all(names.slice(start, start + entriesAtOnce).map((name) => sizeOf(path.join(folder, name))));
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return { entries: names.length, bytes };
}

/** Of all files below; of an entry that goes away meanwhile, what was seen. */
async function sizeOf(entry: string): Promise<number> {
  const files = await readdir(entry, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const file of files) {
    if (!file.isFile()) continue;
    bytes += await stat(path.join(file.parentPath, file.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

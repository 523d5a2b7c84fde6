import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sweepKeys } from './idempotency-keys.ts';
import { withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';

/**
 * Removes what nobody will finish from `tmp/`: incoming entries whose newest file is older than `olderThanMs`, and at once what was renamed away to be
 * removed. Also idempotency keys older than 24 h. Returns how many were removed. Cost: one stat a file in `tmp/` and a key.
 */
export function sweepSpool(paths: SpoolPaths, olderThanMs: number): Promise<number> {
  return withSpoolErrors(async () => {
    const now = Date.now();
    let removed = 0;
    for (const name of await readdir(paths.tmp)) {
      const item = path.join(paths.tmp, name);
      const given = name.startsWith('removed-') || now - (await newestChange(item, now)) > olderThanMs;
      if (!given) continue;
      await rm(item, { recursive: true, force: true });
      removed += 1;
    }
    return removed + (await sweepKeys(paths, now));
  });
}

/** The latest modification of a file or of anything in a folder: a long upload keeps its entry alive. `now` for what is gone. */
async function newestChange(item: string, now: number): Promise<number> {
  try {
    const own = await stat(item);
    if (!own.isDirectory()) return own.mtimeMs;
    const names = await readdir(item, { recursive: true });
    const inside = await Promise.all(names.map((name) => stat(path.join(item, name))));
    return Math.max(own.mtimeMs, ...inside.map((file) => file.mtimeMs));
  } catch {
    return now; // Committed or discarded meanwhile: nothing to sweep.
  }
}

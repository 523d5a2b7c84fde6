import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { exists } from './exists.ts';
import { sweepKeys } from './idempotency-keys.ts';
import { withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';

/**
 * Removes what nobody will finish from `tmp/`: incoming entries whose newest file is older than `olderThanMs`, and at once what was renamed away to be
 * removed. Also idempotency keys older than 24 h, and deletions that are done. Returns how many were removed. Cost: one stat a file in `tmp/` and a key.
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
    return removed + (await sweepKeys(paths, now)) + (await sweepDeletions(paths));
  });
}

/** Names in the list of deletions whose entry was removed by somebody else meanwhile. */
async function sweepDeletions(paths: SpoolPaths): Promise<number> {
  let removed = 0;
  for (const name of await readdir(paths.deletions)) {
    if (await exists(path.join(paths.ready, name))) continue;
    await rm(path.join(paths.deletions, name), { force: true });
    removed += 1;
  }
  return removed;
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

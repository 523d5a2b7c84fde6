import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Id } from '@gradeflow/contracts';
import { z } from 'zod';
import { writeSynced } from './durable.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { KeyClaim } from './types.ts';

const keptMs = 24 * 60 * 60 * 1000;
const Claim = z.object({ submissionId: Id, bodyHash: z.string() });

/**
 * Whoever links the file `keys/<hash>` first has the key. The content is complete before it has the name, so that the loser of a race, and whoever
 * comes after a crash, always reads a whole claim. A key holds as long as its file is there: 24 h and at most one sweep longer.
 */
export async function claimKey(
  paths: SpoolPaths,
  keyHash: string,
  claim: { submissionId: string; bodyHash: string },
  syncKeys: () => Promise<void>,
): Promise<KeyClaim> {
  const file = paths.key(keyHash);
  const temporary = path.join(paths.tmp, `key-${randomUUID()}`);
  return withSpoolErrors(async () => {
    try {
      await writeSynced(temporary, JSON.stringify(Claim.parse(claim)));
      for (;;) {
        if (await linkNew(temporary, file)) {
          await syncKeys();
          return { submissionId: claim.submissionId, bodyHash: claim.bodyHash, fresh: true };
        }
        const earlier = await readClaim(file);
        if (earlier) return { ...earlier, fresh: false };
      }
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** Removes keys older than 24 h. Returns how many. */
export async function sweepKeys(paths: SpoolPaths, now: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(paths.keys)) {
    const file = path.join(paths.keys, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs <= keptMs) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}

async function linkNew(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Null when a sweep took it away in between. */
async function readClaim(file: string): Promise<z.infer<typeof Claim> | null> {
  try {
    return Claim.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

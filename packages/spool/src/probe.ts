import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';
import { syncFolder, writeSynced } from './durable.ts';
import { hasCode, toSpoolError } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';

/**
 * Does once, on the volume itself, what acceptance rests on: synced write, exclusive link, rename of a folder, refusal of a rename onto a folder that is
 * there. Throws UnavailableError with the cause. Costs a few milliseconds and leaves nothing.
 */
export async function probeSpool(paths: SpoolPaths): Promise<void> {
  const folder = path.join(paths.tmp, `removed-${randomUUID()}`);
  try {
    await mkdir(folder);
    await probeIn(folder, paths);
  } catch (error) {
    const known = toSpoolError(error);
    if (known instanceof UnavailableError) throw known;
    const words = error instanceof Error ? error.message : String(error);
    throw new UnavailableError({ code: 'SPOOL_UNAVAILABLE', detail: `The volume for uploads does not work: ${words}`, cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => {}); // The next sweep takes it.
  }
}

async function probeIn(folder: string, paths: SpoolPaths): Promise<void> {
  const [first, second, target] = ['first', 'second', 'target'].map((name) => path.join(folder, name)) as [string, string, string];
  await Promise.all([mkdir(first), mkdir(second)]);
  await writeSynced(path.join(first, 'file'), 'probe');
  await writeSynced(path.join(second, 'file'), 'probe');
  await link(path.join(first, 'file'), path.join(folder, 'linked'));
  await expectRefusal('exclusive creation', () => link(path.join(second, 'file'), path.join(folder, 'linked')));
  await rename(first, target);
  await expectRefusal('renaming onto an existing folder', () => rename(second, target));
  await syncFolder(folder);
  await syncFolder(paths.ready);
  if ((await readFile(path.join(target, 'file'), 'utf8')) !== 'probe') throw new Error('a file does not read as it was written');
}

async function expectRefusal(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOTEMPTY')) return;
    throw error;
  }
  throw new Error(`${what} is not refused on this volume`);
}

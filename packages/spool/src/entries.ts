import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Id, Manifest } from '@gradeflow/contracts';
import { NotFoundError, PermanentError } from '@gradeflow/errors';
import { syncFolder, writeDurable } from './durable.ts';
import { exists } from './exists.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { Spool } from './types.ts';

type Entries = Pick<
  Spool,
  'findManifest' | 'getManifest' | 'listReady' | 'markDeleted' | 'isDeleted' | 'listMaybeDeleted' | 'remove' | 'quarantine'
>;

/** Accepted entries in `ready/`. */
export function readyEntries(paths: SpoolPaths): Entries {
  const findManifest = (id: string) => withSpoolErrors(() => readManifest(paths, id));

  return {
    findManifest,
    async getManifest(id) {
      const manifest = await findManifest(id);
      if (!manifest) throw new NotFoundError({ code: 'SPOOL_ENTRY_GONE', detail: 'The upload is no longer in the spool.' });
      return manifest;
    },
    async *listReady() {
      const names = await withSpoolErrors(() => readdir(paths.ready));
      // Version 7 ids sort by time.
      for (const name of names.sort()) if (Id.safeParse(name).success) yield name;
    },
    markDeleted: (id) =>
      withSpoolErrors(async () => {
        if (!(await exists(paths.entry(id)))) return;
        // The list first: a mark that it does not name would be overlooked.
        await writeDurable(paths.deletion(id), '');
        await unlessGone(() => writeDurable(paths.deleted(id), ''));
      }),
    isDeleted: (id) => withSpoolErrors(() => exists(paths.deleted(id))),
    listMaybeDeleted: () => withSpoolErrors(async () => new Set(await readdir(paths.deletions))),
    remove: (id) =>
      withSpoolErrors(async () => {
        const away = path.join(paths.tmp, `removed-${randomUUID()}`);
        if (!(await unlessGone(() => rename(paths.entry(id), away)))) return;
        await syncFolder(paths.ready);
        await rm(paths.deletion(id), { force: true });
        await rm(away, { recursive: true, force: true });
      }),
    quarantine: (id, reason) =>
      withSpoolErrors(async () => {
        if (!(await unlessGone(() => writeDurable(path.join(paths.entry(id), 'reason.txt'), `${reason}\n`)))) return;
        // One that was quarantined before under this id stays beside it.
        const taken = await exists(paths.quarantined(id));
        const target = taken ? `${paths.quarantined(id)}-${randomUUID()}` : paths.quarantined(id);
        await unlessGone(() => rename(paths.entry(id), target));
        await Promise.all([syncFolder(paths.ready), syncFolder(paths.quarantine)]);
      }),
  };
}

async function readManifest(paths: SpoolPaths, id: string): Promise<Manifest | null> {
  const damaged = (cause: unknown) =>
    new PermanentError({ code: 'SPOOL_ENTRY_DAMAGED', detail: 'The manifest of the upload is missing or damaged.', cause });
  const find = () => readIfThere(paths.manifest(id));
  const isThere = () => exists(paths.entry(id));
  let text = await find();
  if (text === null) {
    if (!(await isThere())) return null;
    // Entries appear and disappear as a whole: a folder that came between the two looks is whole, so its manifest is there now.
    text = await find();
    if (text === null && !(await isThere())) return null;
    if (text === null) throw damaged(new Error('there is a folder without a manifest'));
  }
  try {
    const manifest = Manifest.parse(JSON.parse(text));
    if (manifest.submissionId.toLowerCase() === id.toLowerCase()) return manifest;
  } catch (error) {
    throw damaged(error);
  }
  throw damaged(new Error('the manifest names another submission'));
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** False when the entry was gone already: another process was quicker. */
async function unlessGone(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

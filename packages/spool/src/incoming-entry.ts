import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Manifest } from '@gradeflow/contracts';
import { syncFolder, writeSynced } from './durable.ts';
import { receiveFile, type SyncFile } from './receive-file.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import { checkedOriginal, type SpoolPaths } from './spool-paths.ts';
import type { IncomingEntry, ReceivedFile } from './types.ts';

/**
 * Makes `tmp/<id>/`; everything that arrives stays there until `commit` renames the whole folder. `syncReady` makes the names in `ready/` durable that are
 * there when it is called.
 */
export async function beginEntry(
  paths: SpoolPaths,
  id: string,
  { syncReady, syncFile }: { syncReady: () => Promise<void>; syncFile?: SyncFile },
): Promise<IncomingEntry> {
  const folder = paths.incoming(id);
  const originals = path.join(folder, 'original');
  const received = new Map<number, ReceivedFile>();
  /** Of the last file that was received. */
  let syncing: Promise<void> = Promise.resolve();
  await withSpoolErrors(async () => {
    await mkdir(folder);
    await mkdir(originals);
  });
  const discard = () =>
    withSpoolErrors(async () => {
      await syncing.catch(() => {}); // whoever discards has no use for it
      await rm(folder, { recursive: true, force: true });
    });

  const nameFiles = async (manifest: Manifest) => {
    for (const [index, file] of manifest.files.entries()) {
      const source = received.get(index);
      if (source?.sha256 !== file.sha256) throw new Error(`file ${index} of the manifest is not the one that was received`);
      await rename(source.absolutePath, path.join(folder, checkedOriginal(file.path)));
    }
  };

  return {
    id,
    receiveFile: (index, source, limits) =>
      withSpoolErrors(async () => {
        const { file, synced } = await receiveFile(path.join(originals, String(index)), source, limits, syncFile);
        // One file may be on its way to the disk while the next one arrives; no more, since each is held open.
        const before = syncing;
        const both = [before, synced];
        syncing = Promise.allSettled(both).then(async () => void (await Promise.all(both)));
        syncing.catch(() => {}); // told by `commit`
        await before;
        received.set(index, file);
        return file;
      }),
    commit: (input) =>
      withSpoolErrors(async () => {
        const manifest = Manifest.parse(input);
        await syncing;
        await nameFiles(manifest);
        await writeSynced(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
        await Promise.all([syncFolder(originals), syncFolder(folder)]);
        if (!(await renameInto(folder, paths.entry(manifest.submissionId)))) {
          await discard();
          return false;
        }
        await syncReady();
        return true;
      }),
    discard,
  };
}

/** The step that accepts: the kernel lets one folder have the name. False when another has it already. */
async function renameInto(folder: string, target: string): Promise<boolean> {
  try {
    await rename(folder, target);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

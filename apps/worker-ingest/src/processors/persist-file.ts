import type { Manifest, persistFile } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { PermanentError } from '@gradeflow/errors';
import type { Processor } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';

type OriginalFile = Pick<Manifest['files'][number], 'path' | 'bytes' | 'sha256'>;

/**
 * Copies the originals to the storage, checked by their sha256, and then says so. May run twice: what is in the storage stays. `setPersisted` works also
 * before the submission's row exists, so this need not wait for record-metadata.
 * Throws PermanentError ORIGINALS_LOST when the spool entry is gone and the storage has not everything.
 */
export function createPersistFile(deps: {
  spool: Pick<Spool, 'isDeleted' | 'findManifest' | 'originalPath'>;
  storage: Pick<Storage, 'find' | 'putFile'>;
  submissions: Pick<Database['submissions'], 'find' | 'setPersisted'>;
}): Processor<typeof persistFile> {
  const { spool, storage, submissions } = deps;

  /** Objects appear whole and verified, so the right length under the right key is enough. */
  const isStored = async (submissionId: string, file: OriginalFile): Promise<boolean> =>
    (await storage.find(storageKeys.original(submissionId, file.path)))?.bytes === file.bytes;

  const copy = async (submissionId: string, file: OriginalFile): Promise<void> => {
    if (await isStored(submissionId, file)) return;
    const source = spool.originalPath(submissionId, file.path);
    await storage.putFile(storageKeys.original(submissionId, file.path), source, { sha256: file.sha256 });
  };

  /** After the spool was cleaned up: the files of the row, when the storage has every one of them. */
  const findStored = async (submissionId: string): Promise<OriginalFile[]> => {
    const files = (await submissions.find(submissionId))?.files ?? [];
    const stored = await Promise.all(files.map((file) => isStored(submissionId, file)));
    if (files.length > 0 && stored.every(Boolean)) return files;
    throw new PermanentError({ code: 'ORIGINALS_LOST', detail: 'The original files are neither in the spool nor in the storage.' });
  };

  return async ({ payload: { submissionId }, signal }) => {
    if (await spool.isDeleted(submissionId)) return { files: 0 };
    const manifest = await spool.findManifest(submissionId);
    const files = manifest?.files ?? (await findStored(submissionId));
    for (const file of manifest ? files : []) {
      signal.throwIfAborted();
      await copy(submissionId, file);
    }
    await submissions.setPersisted(submissionId);
    return { files: files.length };
  };
}

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { PreviousUpload, UrlStorage } from 'tus-js-client';
import { z } from 'zod';

const Stored = z.object({
  size: z.number().nullable(),
  metadata: z.record(z.string(), z.string()),
  creationTime: z.string(),
  uploadUrl: z.string(),
});

/** The server keeps an unfinished upload for 24 hours. */
const keptMs = 48 * 60 * 60 * 1000;

/** Where unfinished uploads are remembered (XDG base directories): `$XDG_STATE_HOME/gradeflow/uploads`, else below `~/.local/state`. */
export function uploadStateFolder(env: NodeJS.ProcessEnv): string {
  return path.join(env.XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'gradeflow', 'uploads');
}

/**
 * Remembers the address of an unfinished upload, one private file each, so that a later run goes on there. A folder that can't be read or written
 * costs only that: `onFault` is told, the upload itself goes on.
 */
export function createUploadState(folder: string, onFault: (error: unknown) => void): UrlStorage {
  const fileOf = (fingerprint: string) => path.join(folder, `${createHash('sha256').update(fingerprint).digest('hex')}.json`);
  const guarded = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onFault(error);
      return otherwise;
    }
  };
  return {
    findAllUploads: async () => [],
    findUploadsByFingerprint: (fingerprint) =>
      guarded<PreviousUpload[]>(async () => {
        const file = fileOf(fingerprint);
        const stored = Stored.parse(JSON.parse(await readFile(file, 'utf8')));
        return [{ ...stored, urlStorageKey: file, parallelUploadUrls: null }];
      }, []),
    addUpload: async (fingerprint, upload) => {
      const file = fileOf(fingerprint);
      await guarded(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const temporary = `${file}.${randomUUID()}`;
        await writeFile(temporary, JSON.stringify(Stored.parse(upload)), { mode: 0o600 });
        await rename(temporary, file);
        await forgetOld(folder);
      }, undefined);
      return file;
    },
    removeUpload: (file) => guarded(() => rm(file, { force: true }), undefined),
  };
}

async function forgetOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(path.join(folder, name));
    if (Date.now() - mtimeMs > keptMs) await rm(path.join(folder, name), { force: true });
  }
}

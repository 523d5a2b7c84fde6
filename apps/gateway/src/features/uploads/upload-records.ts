import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UploadFields, UploadPurpose } from '@gradeflow/contracts';
import { z } from 'zod';

const StoredRecord = z.object({
  id: z.string(),
  /** Bytes that the client announced. */
  size: z.number(),
  createdAt: z.string(),
  /** As the client sent it. */
  metadata: z.record(z.string(), z.string().nullable()),
  ownerId: z.string(),
  intent: z.object({ filename: z.string(), assessmentId: z.string(), purpose: UploadPurpose.default('submission'), fields: UploadFields }),
  /** Of what the bytes became, once they are accepted: a submission or a question paper. */
  submissionId: z.string().nullable(),
});
export type UploadRecord = z.infer<typeof StoredRecord>;

/** What is known of each unfinished or lately finished upload: `<id>.json` beside its bytes, `<id>`. */
export interface UploadRecords {
  bytesPath(id: string): string;
  find(id: string): Promise<UploadRecord | null>;
  save(record: UploadRecord): Promise<void>;
  /** Record and bytes. */
  remove(id: string): Promise<void>;
  /** Removes every upload that was begun or accepted longer ago, and what crashes left of others. Returns how many files. */
  sweep(olderThanMs: number): Promise<number>;
}

export function createUploadRecords(directory: string): UploadRecords {
  const bytesPath = (id: string) => path.join(directory, id);
  const recordPath = (id: string) => path.join(directory, `${id}.json`);
  return {
    bytesPath,
    find: async (id) => {
      const text = await readFile(recordPath(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return text === null ? null : StoredRecord.parse(JSON.parse(text));
    },
    // Under a temporary name first: a crash never leaves half a record. Lost altogether, the upload is sent again.
    save: async (record) => {
      const temporary = path.join(directory, `${randomUUID()}.tmp`);
      try {
        await writeFile(temporary, JSON.stringify(record), { mode: 0o600, flush: true });
        await rename(temporary, recordPath(record.id));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    remove: async (id) => {
      await rm(recordPath(id), { force: true });
      await rm(bytesPath(id), { force: true });
    },
    sweep: (olderThanMs) => sweep(directory, Date.now() - olderThanMs),
  };
}

/** Bytes go with their record, however lately they grew, and a record is written when the upload begins and when it ends; other files go by their own age. */
async function sweep(directory: string, before: number): Promise<number> {
  const names = new Set(await readdir(directory));
  let removed = 0;
  for (const name of names) {
    const dated = names.has(`${name}.json`) ? `${name}.json` : name;
    const found = await stat(path.join(directory, dated)).catch(() => null);
    if (found ? found.mtimeMs > before : dated === name) continue;
    await rm(path.join(directory, name), { force: true });
    removed += 1;
  }
  return removed;
}

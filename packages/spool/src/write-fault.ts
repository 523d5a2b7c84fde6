import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writeSynced } from './durable.ts';
import { withSpoolErrors } from './spool-error.ts';

const largestTry = 1024 * 1024;

/**
 * For a write that failed and did not say why: tries one of up to `bytes` in the folder. Throws what the volume says, by the names of the spool; resolves
 * when the volume takes it.
 */
export function findWriteFault(folder: string, bytes: number): Promise<void> {
  const file = path.join(folder, `.${randomUUID()}.tmp`);
  const content = Buffer.alloc(Math.max(1, Math.min(largestTry, bytes)));
  return withSpoolErrors(async () => {
    try {
      await writeSynced(file, content);
    } finally {
      await rm(file, { force: true }).catch(() => {}); // The volume that refuses this has said why already.
    }
  });
}

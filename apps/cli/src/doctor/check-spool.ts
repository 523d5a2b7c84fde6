import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KeyClaim } from '@gradeflow/spool';
import { uuidv7 } from 'uuidv7';
import { type Finding, fault, fine, messageOf } from './finding.ts';

const what = 'spool volume';
const claimer = fileURLToPath(new URL('./claim-keys.ts', import.meta.url));
const hashes = Array.from({ length: 50 }, (_, index) => createHash('sha256').update(String(index)).digest('hex'));

/**
 * Whether the volume of the spool means what acceptance rests on: two processes sync, rename and link there at once, and of fifty keys that
 * both claim, each goes to one of them, as both see it. Leaves nothing.
 */
export async function checkSpool(spoolRoot: string): Promise<Finding> {
  const root = path.join(spoolRoot, 'tmp', `removed-doctor-${randomUUID()}`);
  try {
    await mkdir(root, { recursive: true });
    const [first, second] = await Promise.all([claimAll(root, uuidv7()), claimAll(root, uuidv7())]);
    const torn = hashes.filter((_, index) => !agree(first[index], second[index]));
    if (torn.length === 0) return fine(what, `write, sync, exclusive create and rename hold between two processes (${spoolRoot})`);
    return fault(
      what,
      `two processes both got ${torn.length} of ${hashes.length} keys`,
      'put DATA_DIR on a volume whose exclusive create is atomic: a local disk, NFS 4',
    );
  } catch (error) {
    return fault(what, messageOf(error), `make ${spoolRoot} a writable folder on a local disk or NFS 4`);
  } finally {
    await rm(root, { recursive: true, force: true }).catch(() => {}); // On a faulty volume; the finding says so.
  }
}

async function claimAll(root: string, who: string): Promise<KeyClaim[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [claimer, root, who, ...hashes], { timeout: 30_000 });
  return JSON.parse(stdout) as KeyClaim[];
}

const agree = (a: KeyClaim | undefined, b: KeyClaim | undefined): boolean =>
  a !== undefined && a.submissionId === b?.submissionId && a.fresh !== b.fresh;

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An empty folder for one test file; `remove` deletes it with all that is in it. */
export async function createTempDir(): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradeflow-test-'));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

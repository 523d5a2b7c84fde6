import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findCommandLine, isAlive } from './processes.ts';

/** What `DATA_DIR/run/<name>.json` says: the port stays the same over starts, the pid is null after a clean stop. */
export interface RunRecord {
  pid: number | null;
  port: number;
}

const recordPath = (dataDir: string, name: string) => path.join(dataDir, 'run', `${name}.json`);

/** Null when the service never ran here, or when the file is not one of ours. */
export async function findRunRecord(dataDir: string, name: string): Promise<RunRecord | null> {
  const text = await readFile(recordPath(dataDir, name), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const { pid, port } = JSON.parse(text) as Partial<RunRecord>;
    return Number.isInteger(port) ? { pid: Number.isInteger(pid) ? (pid as number) : null, port: port as number } : null;
  } catch {
    return null; // Cut short by a crash: as good as no file, a new port is chosen.
  }
}

export async function writeRunRecord(dataDir: string, name: string, record: RunRecord): Promise<void> {
  const file = recordPath(dataDir, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(record)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Process id of a service that still runs on this folder, else null. A process counts as ours when its command line names
 * the folder, so that a reused id never gets somebody else's process killed.
 */
export async function findLivePid(pid: number | null, folder: string): Promise<number | null> {
  if (pid === null || !(await isAlive(pid))) return null;
  const commandLine = await findCommandLine(pid);
  return commandLine?.includes(folder) ? pid : null;
}

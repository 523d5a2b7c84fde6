import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Manifest } from '@gradeflow/contracts';
import { syncFolder } from './durable.ts';
import { exists } from './exists.ts';
import { hasCode, withSpoolErrors } from './spool-error.ts';
import type { SpoolPaths } from './spool-paths.ts';
import type { QuarantinedEntry, Spool } from './types.ts';

const reasonFile = 'reason.txt';
/** `<id>`, or `<id>-<uuid>` for one that came under the same id again. */
const entryName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-.+)?$/i;

/** What was set apart, for the people who look after it. */
export function quarantinedEntries(paths: SpoolPaths): Pick<Spool, 'listQuarantined' | 'restore'> {
  return {
    listQuarantined: () =>
      withSpoolErrors(async () => {
        const names = (await readdir(paths.quarantine)).sort();
        const entries = await Promise.all(names.map((name) => describe(path.join(paths.quarantine, name), name)));
        return entries.filter((entry) => entry !== null);
      }),
    restore: (id) =>
      withSpoolErrors(async () => {
        const [from, to] = [paths.quarantined(id), paths.entry(id)];
        if (!(await exists(from)) || (await exists(to))) return false;
        try {
          // The reason goes first: what is in `ready/` is as it was accepted.
          await rm(path.join(from, reasonFile), { force: true });
          await rename(from, to);
        } catch (error) {
          // Another process was quicker.
          if (hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) return false;
          throw error;
        }
        await Promise.all([syncFolder(paths.ready), syncFolder(paths.quarantine)]);
        return true;
      }),
  };
}

async function describe(folder: string, name: string): Promise<QuarantinedEntry | null> {
  const id = entryName.exec(name)?.[1];
  const told = id === undefined ? null : ((await reasonOf(path.join(folder, reasonFile))) ?? (await unknownReason(folder)));
  return id === undefined || told === null ? null : { id, name, ...told, manifest: await manifestOf(folder) };
}

/** With its time: the folder's own is that of its upload, because a rename does not change it. */
function reasonOf(file: string): Promise<{ reason: string; since: Date } | null> {
  return unlessGone(async () => {
    const [text, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { reason: text.trim(), since: mtime };
  });
}

/** A crash on the way back to `ready/` leaves an entry without its reason; null when the entry is gone. */
function unknownReason(folder: string): Promise<{ reason: string; since: Date } | null> {
  return unlessGone(async () => ({ reason: 'The reason was not kept.', since: (await stat(folder)).mtime }));
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** Null when it is missing or damaged, which is mostly why the entry is here. */
async function manifestOf(folder: string): Promise<Manifest | null> {
  try {
    return Manifest.parse(JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')));
  } catch {
    return null;
  }
}

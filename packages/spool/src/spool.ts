import { mkdir } from 'node:fs/promises';
import { entryCrashes } from './crashes.ts';
import { syncFolder } from './durable.ts';
import { readyEntries } from './entries.ts';
import { createGroupSync } from './group-sync.ts';
import { claimKey } from './idempotency-keys.ts';
import { beginEntry } from './incoming-entry.ts';
import { pageFiles } from './pages.ts';
import { probeSpool } from './probe.ts';
import { quarantinedEntries } from './quarantine.ts';
import { withSpoolErrors } from './spool-error.ts';
import { spoolPaths } from './spool-paths.ts';
import { sweepSpool } from './sweep.ts';
import { entryTurns } from './turns.ts';
import type { Spool } from './types.ts';
import { measureUsage } from './usage.ts';

/**
 * The spool on a file system. `root` is an absolute folder that all processes of the installation share; call `prepare()` once at start.
 * Errors: InsufficientStorageError when the volume is full, UnavailableError SPOOL_NOT_WRITABLE or SPOOL_UNAVAILABLE when it does not work,
 * NotFoundError SPOOL_ENTRY_GONE for ids that are no UUIDs.
 */
export function createSpool({ root }: { root: string }): Spool {
  const paths = spoolPaths(root);
  const syncReady = createGroupSync(() => syncFolder(paths.ready));
  const syncKeys = createGroupSync(() => syncFolder(paths.keys));
  return {
    root,
    prepare: () =>
      withSpoolErrors(async () => {
        for (const folder of [paths.tmp, paths.ready, paths.quarantine, paths.keys, paths.deletions])
          await mkdir(folder, { recursive: true });
      }),
    begin: (id) => beginEntry(paths, id, { syncReady }),
    claimKey: (keyHash, claim) => claimKey(paths, keyHash, claim, syncKeys),
    originalPath: (id, manifestPath) => paths.original(id, manifestPath),
    ...readyEntries(paths),
    ...pageFiles(paths),
    ...entryTurns(paths),
    ...entryCrashes(paths),
    ...quarantinedEntries(paths),
    usage: () => measureUsage(paths),
    sweep: (olderThanMs) => sweepSpool(paths, olderThanMs),
    probe: () => probeSpool(paths),
  };
}

import path from 'node:path';
import { Id } from '@gradeflow/contracts';
import { NotFoundError, PermanentError } from '@gradeflow/errors';

export type SpoolPaths = ReturnType<typeof spoolPaths>;

/** Absolute paths of everything below the root. Ids and names are checked before a path is made of them. */
export function spoolPaths(root: string) {
  const folders = {
    tmp: path.join(root, 'tmp'),
    ready: path.join(root, 'ready'),
    quarantine: path.join(root, 'quarantine'),
    keys: path.join(root, 'keys'),
    deletions: path.join(root, 'deletions'),
  };
  const entry = (id: string) => path.join(folders.ready, checkedId(id));
  return {
    ...folders,
    entry,
    incoming: (id: string) => path.join(folders.tmp, checkedId(id)),
    quarantined: (id: string) => path.join(folders.quarantine, checkedId(id)),
    manifest: (id: string) => path.join(entry(id), 'manifest.json'),
    deleted: (id: string) => path.join(entry(id), 'deleted'),
    deletion: (id: string) => path.join(folders.deletions, checkedId(id)),
    turns: (id: string) => path.join(entry(id), 'turns'),
    crashes: (id: string) => path.join(entry(id), 'crashes'),
    pages: (id: string) => path.join(entry(id), 'pages'),
    page: (id: string, page: number, extension: 'json' | 'webp') => path.join(entry(id), 'pages', `${checkedPage(page)}.${extension}`),
    original: (id: string, manifestPath: string) => path.join(entry(id), checkedOriginal(manifestPath)),
    key: (keyHash: string) => path.join(folders.keys, checkedKeyHash(keyHash)),
  };
}

/** Ids come from outside: what is no UUID can't be an entry. */
export function checkedId(id: string): string {
  if (Id.safeParse(id).success) return id.toLowerCase();
  throw new NotFoundError({ code: 'SPOOL_ENTRY_GONE', detail: 'There is no such upload.' });
}

/** `original/<n>.<ext>`, nothing else. */
export function checkedOriginal(manifestPath: string): string {
  if (/^original\/\d{1,6}\.[a-z0-9]{1,5}$/.test(manifestPath)) return manifestPath;
  throw new PermanentError({ code: 'SPOOL_ENTRY_DAMAGED', detail: 'A manifest names a file outside its entry.' });
}

function checkedPage(page: number): number {
  if (Number.isSafeInteger(page) && page > 0) return page;
  throw new RangeError(`no page has the number ${page}`);
}

function checkedKeyHash(keyHash: string): string {
  if (/^[0-9a-f]{16,128}$/.test(keyHash)) return keyHash;
  throw new RangeError('an idempotency key is named by its hash in lower-case hex');
}

import type { PageReading } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { UnavailableError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';

const picturesAtOnce = 4;

/**
 * The pages of a sheet, in order: from the spool while the entry is there, else from the database (a regrade). Throws UnavailableError PAGES_MISSING when
 * fewer than `pagesTotal` are known in either place: grading without them would lose answers silently.
 */
export async function readSheetPages(
  deps: { spool: Spool; database: Pick<Database, 'pages'> },
  submissionId: string,
  pagesTotal: number,
): Promise<PageReading[]> {
  const fromSpool = await pagesInSpool(deps.spool, submissionId);
  if (fromSpool.length >= pagesTotal) return fromSpool;
  const stored = await deps.database.pages.listAll(submissionId);
  if (stored.length >= pagesTotal) return stored;
  const known = Math.max(fromSpool.length, stored.length);
  throw new UnavailableError({ code: 'PAGES_MISSING', detail: `Only ${known} of ${pagesTotal} pages have been read so far.` });
}

async function pagesInSpool(spool: Spool, submissionId: string): Promise<PageReading[]> {
  if ((await spool.findManifest(submissionId)) === null) return [];
  const numbers = await spool.listPages(submissionId);
  const pages = await Promise.all(numbers.map((number) => spool.findPage(submissionId, number)));
  return pages.filter((page) => page !== null);
}

/** Copies the pages' pictures from the spool to the storage, where they rest for good. Pages without a picture, and pictures already moved, are no fault. */
export async function storePagePictures(
  deps: { spool: Spool; storage: Storage },
  submissionId: string,
  pages: readonly PageReading[],
  signal: AbortSignal,
): Promise<void> {
  for (let first = 0; first < pages.length; first += picturesAtOnce) {
    signal.throwIfAborted();
    await Promise.all(
      pages.slice(first, first + picturesAtOnce).map(async ({ number }) => {
        const picture = await deps.spool.findPagePicture(submissionId, number);
        if (picture !== null) await deps.storage.putFile(storageKeys.pagePicture(submissionId, number), picture);
      }),
    );
  }
}

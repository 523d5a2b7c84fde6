import type { Manifest, PageReading } from '@gradeflow/contracts';
import type { PageRepository } from '@gradeflow/database';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import type { KnownPage } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';

type Lookup = (contentHash: string) => Promise<KnownPage | null>;

/** Whose page is being read. */
export type PageOwner = Pick<Manifest, 'submissionId' | 'institutionId'>;

export interface KnownPages {
  /**
   * Runs `read` with a look-up of earlier readings of the same pixels: of the same upload, of another one of the same institution that is not deleted, or
   * of a page that this process is reading just now. The look-up never rejects. Throws what `read` throws. `known`: an earlier reading was found.
   */
  reading<T extends { reading: PageReading }>(
    owner: PageOwner,
    log: Logger,
    read: (findKnown: Lookup) => Promise<T>,
  ): Promise<T & { known: boolean }>;
}

/** Uploads whose pages' hashes are remembered. */
const maxUploads = 50;

/** A database that does not answer within `deadlineMs` (300) is not waited for: the page is read. */
export function createKnownPages(deps: {
  spool: Pick<Spool, 'listPages' | 'findPage'>;
  pages: Pick<PageRepository, 'findByContentHash'>;
  deadlineMs?: number;
}): KnownPages {
  const { spool, pages, deadlineMs = 300 } = deps;
  const findInUpload = createUploadLookup(spool);
  /** What is being read now, by institution and hash. */
  const underWay = new Map<string, Promise<PageReading | null>>();

  const find = async (owner: PageOwner, contentHash: string, log: Logger): Promise<PageReading | null> => {
    try {
      const inUpload = await findInUpload(owner.submissionId, contentHash);
      return inUpload ?? (await withDeadline(pages.findByContentHash(owner.institutionId, contentHash), deadlineMs));
    } catch (error) {
      log.warn({ err: error }, 'earlier readings are not known now');
      return null;
    }
  };

  return {
    reading: async (owner, log, read) => {
      const mine = Promise.withResolvers<PageReading | null>();
      const claimed = new Set<string>();
      let known = false;
      try {
        const result = await read(async (contentHash) => {
          const key = `${owner.institutionId} ${contentHash}`;
          const other = claimed.has(key) ? undefined : underWay.get(key);
          const found = (await other) ?? (await find(owner, contentHash, log));
          known = found !== null;
          if (found) return toKnown(found);
          if (!underWay.has(key)) {
            claimed.add(key);
            underWay.set(key, mine.promise);
          }
          return null;
        });
        mine.resolve(result.reading);
        return { ...result, known };
      } finally {
        mine.resolve(null);
        for (const key of claimed) underWay.delete(key);
      }
    },
  };
}

/** Finds a page of an upload by its hash; each page's file is opened once in a process, since pages never change. */
function createUploadLookup(spool: Pick<Spool, 'listPages' | 'findPage'>) {
  const uploads = new Map<string, Map<number, string | null>>();
  return async (submissionId: string, contentHash: string): Promise<PageReading | null> => {
    const hashes = uploads.get(submissionId) ?? new Map<number, string | null>();
    if (uploads.size >= maxUploads) uploads.clear();
    uploads.set(submissionId, hashes);
    for (const number of await spool.listPages(submissionId)) {
      if (!hashes.has(number)) hashes.set(number, (await spool.findPage(submissionId, number))?.contentHash ?? null);
      if (hashes.get(number) === contentHash) return spool.findPage(submissionId, number);
    }
    return null;
  };
}

function toKnown({ engine, words, lines, confidence, doubts }: PageReading): KnownPage {
  const grouped = lines.map((_, index) =>
    words.filter(({ line }) => line === index).map(({ text, confidence: sure, box }) => ({ text, confidence: sure, box })),
  );
  return { engine, confidence, doubts, lines: grouped };
}

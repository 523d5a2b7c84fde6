import { createHash } from 'node:crypto';
import type { Box } from '@gradeflow/contracts';
import { NotFoundError, UnavailableError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import type { Storage } from '@gradeflow/storage';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import sharp from 'sharp';
import type { ByteSource, FileAnswer } from '../../http/send-file.ts';
import { fileSize, madeOnce, onDisk, stored } from './byte-sources.ts';

/** A page of a spool entry or of what became of it. */
export interface PlacedPage {
  /** Of the entry. */
  id: string;
  number: number;
  /** In the storage: the picture, and the folder for smaller ones made of it. */
  keys: { picture: string; derived: string };
  /** Everything of the upload rests in the storage: what is made of it may be kept there too. */
  isStored: boolean;
}

export interface PageImages {
  /** WebP of the upright page, `width` pixels wide (never enlarged), or as it was read. Throws NotFoundError PAGE_NOT_FOUND. */
  find(page: PlacedPage, width: number | null): Promise<FileAnswer>;
  /** The same with these areas (pixels of the page) in solid black. Its bytes may change later, when nothing has to be hidden any more. */
  findPainted(page: PlacedPage, width: number | null, areas: readonly Box[]): Promise<FileAnswer>;
  /** Runs work on pictures, a few at a time. Throws UnavailableError TOO_BUSY when too much waits already. */
  gated<T>(work: () => Promise<T>): Promise<T>;
}

/** Bytes that never change under their ETag: a browser that has them asks no more. */
const immutable = 'private, max-age=31536000, immutable';

/** Pictures of pages: from the spool while they are there, else from the storage. */
export function createPageImages(deps: { spool: Pick<Spool, 'findPagePicture'>; storage: Storage }): PageImages {
  // Pictures are worked on in libuv's threads, which uploads need too.
  const gate = bulkhead(2, 100);
  const gated = <T>(work: () => Promise<T>): Promise<T> =>
    gate.execute(work).catch((error: unknown) => {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new UnavailableError({
        code: 'TOO_BUSY',
        detail: 'Too many pictures are being made; try again in a moment.',
        retryAfterSeconds: 2,
      });
    });

  const smaller = ({ number, keys, isStored }: PlacedPage, source: ByteSource, width: number): Promise<ByteSource> => {
    const key = `${keys.derived}/${number}-w${width}-${source.bytes}.webp`;
    return madeOnce(deps.storage, { key, keep: isStored }, () => gated(() => resized(source, width)));
  };

  return {
    gated,
    findPainted: async (page, width, areas) => {
      const source = await findPicture(deps, page);
      const hash = createHash('sha256').update(JSON.stringify(areas)).digest('hex').slice(0, 16);
      const name = `${page.number}-w${width ?? 'full'}-${source.bytes}-${hash}`;
      const made = { key: `${page.keys.derived}/${name}.webp`, keep: page.isStored };
      return {
        source: await madeOnce(deps.storage, made, () => gated(() => painted(source, width, areas))),
        contentType: 'image/webp',
        etag: `"${page.id}-${name}"`,
        cacheControl: 'private, no-cache',
      };
    },

    find: async (page, width) => {
      const source = await findPicture(deps, page);
      return {
        source: width === null ? source : await smaller(page, source, width),
        contentType: 'image/webp',
        etag: `"${page.id}-${page.number}-${width ?? 'full'}-${source.bytes}"`,
        cacheControl: immutable,
      };
    },
  };
}

/** For a page that there is not, or that is not read yet. */
export function noPage(number: number): NotFoundError {
  return new NotFoundError({ code: 'PAGE_NOT_FOUND', detail: `There is no page ${number}, or it has not been read yet.` });
}

async function findPicture(
  { spool, storage }: { spool: Pick<Spool, 'findPagePicture'>; storage: Storage },
  { id, number, keys }: PlacedPage,
): Promise<ByteSource> {
  const spooled = await spool.findPagePicture(id, number);
  const size = spooled === null ? null : await fileSize(spooled);
  if (spooled !== null && size !== null) return onDisk(spooled, size);
  const known = await storage.find(keys.picture);
  if (!known) throw noPage(number);
  return stored(storage, keys.picture, known.bytes);
}

async function resized(source: ByteSource, width: number): Promise<Uint8Array> {
  const bytes = Buffer.concat(await (await source.read()).toArray());
  return sharp(bytes).resize({ width, withoutEnlargement: true }).webp({ quality: 82 }).toBuffer();
}

/** Painted before anything is resized or encoded: nothing of what is below is in the result. */
async function painted(source: ByteSource, width: number | null, areas: readonly Box[]): Promise<Uint8Array> {
  const bytes = Buffer.concat(await (await source.read()).toArray());
  const black = areas.map(([left, top, w, h]) => ({
    input: { create: { width: w, height: h, channels: 3 as const, background: '#000000' } },
    ...{ left, top },
  }));
  const { data, info } = await sharp(bytes).removeAlpha().composite(black).raw().toBuffer({ resolveWithObject: true });
  const picture = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  return (width === null ? picture : picture.resize({ width, withoutEnlargement: true })).webp({ quality: 82 }).toBuffer();
}

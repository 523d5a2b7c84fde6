import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Manifest, PageReading } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { NotFoundError, UnavailableError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import sharp from 'sharp';
import type { FoundSubmission } from '../../access/visibility.ts';
import type { ByteSource, FileAnswer } from '../../http/send-file.ts';
import { picturesToPdf } from './pictures-to-pdf.ts';

export interface SubmissionFiles {
  /** The original as it came; several pictures as one PDF of them. */
  original(found: FoundSubmission): Promise<FileAnswer>;
  /** Throws NotFoundError PAGE_NOT_FOUND for a page that there is not, or that is not read yet. */
  page(found: FoundSubmission, number: number): Promise<PageReading>;
  /** WebP of the upright page, `width` pixels wide (never enlarged), or as it was read. */
  pageImage(found: FoundSubmission, number: number, width: number | null): Promise<FileAnswer>;
}

interface Deps {
  database: Database;
  spool: Spool;
  storage: Storage;
}

type OriginalFile =
  | Manifest['files'][number]
  | { path: string; name: string; mediaType: string; bytes: number; sha256: string; pages: number };

/** Bytes that never change under their ETag: a browser that has them asks no more. */
const immutable = 'private, max-age=31536000, immutable';

export function createSubmissionFiles(deps: Deps): SubmissionFiles {
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

  return {
    original: async (found) => {
      const id = idOf(found);
      const files: OriginalFile[] = (found.row ?? found.manifest).files;
      const [first] = files;
      if (!first) throw new NotFoundError({ detail: 'This submission has no file.' });
      if (files.length === 1)
        return answer({
          source: await originalSource(deps, found, first),
          contentType: first.mediaType,
          etag: first.sha256,
          name: first.name,
        });
      const etag = createHash('sha256')
        .update(`pdf of ${files.map((file) => file.sha256).join(' ')}`)
        .digest('hex');
      const make = () => gated(async () => picturesToPdf(await Promise.all(files.map((file) => originalBytes(deps, found, file)))));
      const source = await derived(deps, found, `${storageKeys.submission(id)}/derived/original.pdf`, make);
      return answer({ source, contentType: 'application/pdf', etag, name: `${path.parse(first.name).name || 'pages'}.pdf` });
    },

    page: async (found, number) => {
      const reading =
        (found.row && (await deps.database.pages.find(found.row.id, number))) ?? (await deps.spool.findPage(idOf(found), number));
      if (!reading) throw noPage(number);
      return reading;
    },

    pageImage: async (found, number, width) => {
      const id = idOf(found);
      const source = await pagePicture(deps, id, number);
      const etag = `${id}-${number}-${width ?? 'full'}-${source.bytes}`;
      if (width === null) return picture(source, etag);
      const key = `${storageKeys.submission(id)}/derived/${number}-w${width}-${source.bytes}.webp`;
      return picture(await derived(deps, found, key, () => gated(() => resized(source, width))), etag);
    },
  };
}

const idOf = (found: FoundSubmission) => found.row?.id ?? found.manifest?.submissionId ?? '';

function answer(file: { source: ByteSource; contentType: string; etag: string; name: string }): FileAnswer {
  return {
    source: file.source,
    contentType: file.contentType,
    etag: `"${file.etag}"`,
    downloadName: file.name,
    cacheControl: 'private, no-cache',
  };
}

const picture = (source: ByteSource, etag: string): FileAnswer => ({
  source,
  contentType: 'image/webp',
  etag: `"${etag}"`,
  cacheControl: immutable,
});

function noPage(number: number): NotFoundError {
  return new NotFoundError({ code: 'PAGE_NOT_FOUND', detail: `There is no page ${number}, or it has not been read yet.` });
}

async function resized(source: ByteSource, width: number): Promise<Uint8Array> {
  const bytes = Buffer.concat(await (await source.read()).toArray());
  return sharp(bytes).resize({ width, withoutEnlargement: true }).webp({ quality: 82 }).toBuffer();
}

/** What is made of other bytes is made once and kept with the submission's files, once those rest in the storage. */
async function derived({ storage }: Deps, found: FoundSubmission, key: string, make: () => Promise<Uint8Array>): Promise<ByteSource> {
  const known = await storage.find(key);
  if (known) return stored(storage, key, known.bytes);
  const bytes = await make();
  if (!found.row?.persisted) return inMemory(bytes);
  await storage.putBytes(key, bytes);
  return stored(storage, key, bytes.byteLength);
}

const stored = (storage: Storage, key: string, bytes: number): ByteSource => ({ bytes, read: (range) => storage.read(key, range) });

const onDisk = (absolutePath: string, bytes: number): ByteSource => ({
  bytes,
  read: async (range) => createReadStream(absolutePath, range),
});

function inMemory(bytes: Uint8Array): ByteSource {
  return {
    bytes: bytes.byteLength,
    read: async (range) => Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false }),
  };
}

async function fileSize(absolutePath: string): Promise<number | null> {
  try {
    return (await stat(absolutePath)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The storage once everything rests there, the spool before; between the two the other one has it. */
async function originalSource({ spool, storage }: Deps, found: FoundSubmission, file: OriginalFile): Promise<ByteSource> {
  const id = idOf(found);
  const key = storageKeys.original(id, file.path);
  const inStorage = async () => ((await storage.find(key)) ? stored(storage, key, file.bytes) : null);
  if (found.row?.persisted) {
    const source = await inStorage();
    if (source) return source;
  }
  const spooled = spool.originalPath(id, file.path);
  if ((await fileSize(spooled)) !== null) return onDisk(spooled, file.bytes);
  const source = await inStorage();
  if (source) return source;
  throw new NotFoundError({ code: 'FILE_NOT_FOUND', detail: 'The original of this submission is not there any more.' });
}

async function originalBytes({ spool, storage }: Deps, found: FoundSubmission, file: OriginalFile) {
  const id = idOf(found);
  const spooled = spool.originalPath(id, file.path);
  const bytes = (await fileSize(spooled)) !== null ? await readFile(spooled) : await storage.readBytes(storageKeys.original(id, file.path));
  return { bytes, mediaType: file.mediaType, pages: file.pages };
}

async function pagePicture({ spool, storage }: Deps, id: string, number: number): Promise<ByteSource> {
  const spooled = await spool.findPagePicture(id, number);
  const size = spooled === null ? null : await fileSize(spooled);
  if (spooled !== null && size !== null) return onDisk(spooled, size);
  const key = storageKeys.pagePicture(id, number);
  const known = await storage.find(key);
  if (!known) throw noPage(number);
  return stored(storage, key, known.bytes);
}

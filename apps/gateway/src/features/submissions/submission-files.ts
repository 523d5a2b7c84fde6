import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Manifest, neutralName, type PageReading } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import type { NameScreen } from '../../access/name-screen.ts';
import type { FoundSubmission } from '../../access/visibility.ts';
import type { ByteSource, FileAnswer } from '../../http/send-file.ts';
import { fileSize, madeOnce, onDisk, stored } from '../pages/byte-sources.ts';
import { noPage, type PageImages } from '../pages/page-images.ts';
import { picturesToPdf } from './pictures-to-pdf.ts';

export interface SubmissionFiles {
  /** The original as it came; several pictures as one PDF of them. With `hideNames` under the sheet's neutral name. */
  original(found: FoundSubmission, options: { hideNames: boolean }): Promise<FileAnswer>;
  /** Throws NotFoundError PAGE_NOT_FOUND for a page that there is not, or that is not read yet. */
  page(found: FoundSubmission, number: number): Promise<PageReading>;
  /** WebP of the upright page, `width` pixels wide (never enlarged), or as it was read; with `screen` names are painted over as far as they were read. */
  pageImage(found: FoundSubmission, number: number, width: number | null, screen: NameScreen | null): Promise<FileAnswer>;
}

interface Deps {
  database: Database;
  spool: Spool;
  storage: Storage;
  images: PageImages;
}

type OriginalFile =
  | Manifest['files'][number]
  | { path: string; name: string; mediaType: string; bytes: number; sha256: string; pages: number };

export function createSubmissionFiles(deps: Deps): SubmissionFiles {
  const { gated } = deps.images;
  const page = async (found: FoundSubmission, number: number): Promise<PageReading> => {
    const reading =
      (found.row && (await deps.database.pages.find(found.row.id, number))) ?? (await deps.spool.findPage(idOf(found), number));
    if (!reading) throw noPage(number);
    return reading;
  };
  return {
    original: async (found, { hideNames }) => {
      const id = idOf(found);
      const files: OriginalFile[] = (found.row ?? found.manifest).files;
      const [first] = files;
      if (!first) throw new NotFoundError({ detail: 'This submission has no file.' });
      if (files.length === 1)
        return answer({
          source: await originalSource(deps, found, first),
          contentType: first.mediaType,
          etag: first.sha256,
          name: hideNames ? `${neutralName(id)}.${first.mediaType.split('/').at(-1)}` : first.name,
        });
      const etag = createHash('sha256')
        .update(`pdf of ${files.map((file) => file.sha256).join(' ')}`)
        .digest('hex');
      const make = () => gated(async () => picturesToPdf(await Promise.all(files.map((file) => originalBytes(deps, found, file)))));
      const key = `${storageKeys.submission(id)}/derived/original.pdf`;
      const source = await madeOnce(deps.storage, { key, keep: found.row?.persisted === true }, make);
      return answer({
        source,
        contentType: 'application/pdf',
        etag,
        name: `${hideNames ? neutralName(id) : path.parse(first.name).name || 'pages'}.pdf`,
      });
    },

    page,

    pageImage: async (found, number, width, screen) => {
      const id = idOf(found);
      const keys = { picture: storageKeys.pagePicture(id, number), derived: `${storageKeys.submission(id)}/derived` };
      const placed = { id, number, keys, isStored: found.row?.persisted === true };
      if (!screen) return deps.images.find(placed, width);
      return deps.images.findPainted(placed, width, screen.areas(await page(found, number)));
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

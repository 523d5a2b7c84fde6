import type { readPage } from '@gradeflow/contracts';
import type { StageRepository } from '@gradeflow/database';
import { PermanentError, UnavailableError } from '@gradeflow/errors';
import type { JobContext, Processor } from '@gradeflow/queue';
import type { ReadingPool, ReadPageResult } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import type { LanguagesOf } from '../languages-of.ts';
import { showProgress } from '../page-progress.ts';

export interface ReadPageDeps {
  spool: Pick<Spool, 'isDeleted' | 'getManifest' | 'originalPath' | 'findPage' | 'listPages' | 'writePage'>;
  stages: Pick<StageRepository, 'setPages'>;
  readingPool: Pick<ReadingPool, 'readPage'>;
  languagesOf: LanguagesOf;
}

type Context = JobContext<typeof readPage>;

/** A page that takes too long twice does so every time. */
const triesOfSlowPage = 2;

/** Reads one page into the spool; a page that is there already is left alone. Does nothing for a deleted submission. */
export function createReadPage(deps: ReadPageDeps): Processor<typeof readPage> {
  const { spool, stages } = deps;
  return async (context) => {
    const { submissionId, page } = context.payload;
    if (await spool.isDeleted(submissionId)) return { page };
    if ((await spool.findPage(submissionId, page)) === null) {
      const { reading, picture } = await read(deps, context);
      context.signal.throwIfAborted();
      if (await spool.isDeleted(submissionId)) return { page };
      await spool.writePage(submissionId, reading, picture);
    }
    const done = (await spool.listPages(submissionId)).length;
    await showProgress({ stages, log: context.log }, submissionId, { done });
    return { page };
  };
}

async function read({ spool, readingPool, languagesOf }: ReadPageDeps, { payload, attempt, signal }: Context): Promise<ReadPageResult> {
  const { submissionId, page, file: fileIndex, filePage } = payload;
  const manifest = await spool.getManifest(submissionId);
  const file = manifest.files[fileIndex];
  if (!file) throw new PermanentError({ code: 'PAGE_UNREADABLE', detail: `The upload has no file ${fileIndex + 1}.` });
  const document = { absolutePath: spool.originalPath(submissionId, file.path), mediaType: file.mediaType };
  const languages = await languagesOf(manifest);
  try {
    return await readingPool.readPage({ file: document, filePage, number: page, languages }, { signal });
  } catch (error) {
    const slow = error instanceof UnavailableError && error.code === 'READER_TIMED_OUT' && attempt >= triesOfSlowPage;
    throw slow ? new PermanentError({ code: 'PAGE_UNREADABLE', detail: error.message, cause: error }) : error;
  }
}

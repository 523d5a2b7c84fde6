import { readPage } from '@gradeflow/contracts';
import type { PageRepository, StageRepository } from '@gradeflow/database';
import { PermanentError, UnavailableError } from '@gradeflow/errors';
import type { JobContext, Processor } from '@gradeflow/queue';
import type { ReadingPool, ReadPageOptions, ReadPageRequest } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import { type CrashQuarantine, createCrashQuarantine } from '../crash-quarantine.ts';
import type { ImproveByModel } from '../improve-by-model.ts';
import { createKnownPages, type KnownPages } from '../known-pages.ts';
import type { LanguagesOf } from '../languages-of.ts';
import type { PageMetrics } from '../page-metrics.ts';
import { showProgress } from '../page-progress.ts';

export interface ReadPageDeps {
  spool: Pick<
    Spool,
    'isDeleted' | 'getManifest' | 'originalPath' | 'findPage' | 'listPages' | 'writePage' | 'recordCrash' | 'countCrashes'
  >;
  stages: Pick<StageRepository, 'setPages'>;
  pages: Pick<PageRepository, 'findByContentHash'>;
  readingPool: Pick<ReadingPool, 'readPage'>;
  languagesOf: LanguagesOf;
  /** Absent without a vision model. */
  improveByModel?: ImproveByModel | undefined;
  metrics?: PageMetrics | undefined;
}

/** With what is made of them. */
type Parts = ReadPageDeps & { quarantine: CrashQuarantine; knownPages: KnownPages };

type Context = JobContext<typeof readPage>;
type FindKnown = NonNullable<ReadPageOptions['findKnown']>;

/** A page that takes too long twice does so every time. */
const triesOfSlowPage = 2;
/** Kept of the job's time for writing the page, so that a slow model never costs it. */
const writingMs = 10_000;

/**
 * Reads one page into the spool; a page that is there already is left alone. Does nothing for a deleted submission. Throws PermanentError PAGE_UNREADABLE,
 * FILE_QUARANTINED when the file has crashed three reading processes, OCR_LANGUAGE_MISSING.
 */
export function createReadPage(deps: ReadPageDeps): Processor<typeof readPage> {
  const { spool, stages } = deps;
  const parts = { ...deps, quarantine: createCrashQuarantine(spool), knownPages: createKnownPages(deps) };
  return async (context) => {
    const { submissionId, page } = context.payload;
    if (await spool.isDeleted(submissionId)) return { page };
    if ((await spool.findPage(submissionId, page)) === null) {
      const { reading, picture, known } = await read(parts, context);
      context.signal.throwIfAborted();
      if (await spool.isDeleted(submissionId)) return { page };
      await spool.writePage(submissionId, reading, picture);
      deps.metrics?.page(reading, known);
    }
    const done = (await spool.listPages(submissionId)).length;
    await showProgress({ stages, log: context.log }, submissionId, { done });
    return { page };
  };
}

async function read(parts: Parts, context: Context) {
  const { spool, languagesOf, improveByModel } = parts;
  const { payload, signal, log } = context;
  const startedAt = performance.now();
  const manifest = await spool.getManifest(payload.submissionId);
  const file = manifest.files[payload.file];
  if (!file) throw new PermanentError({ code: 'PAGE_UNREADABLE', detail: `The upload has no file ${payload.file + 1}.` });
  const document = { absolutePath: spool.originalPath(payload.submissionId, file.path), mediaType: file.mediaType };
  const languages = await languagesOf(manifest);
  const purpose = manifest.purpose === 'question-paper' ? ('paper' as const) : undefined;
  const request = { file: document, filePage: payload.filePage, number: payload.page, languages, purpose };
  const result = await parts.quarantine(payload, log, () =>
    parts.knownPages.reading(manifest, log, (findKnown) => readPatiently(parts, context, request, findKnown)),
  );
  if (!improveByModel) return result;
  const leftMs = readPage.timeoutMs - (performance.now() - startedAt) - writingMs;
  return { ...result, reading: await improveByModel(result, { manifest, languages, leftMs, signal, log }) };
}

async function readPatiently({ readingPool }: Parts, { attempt, signal }: Context, request: ReadPageRequest, findKnown: FindKnown) {
  try {
    return await readingPool.readPage(request, { signal, findKnown });
  } catch (error) {
    const slow = error instanceof UnavailableError && error.code === 'READER_TIMED_OUT' && attempt >= triesOfSlowPage;
    throw slow ? new PermanentError({ code: 'PAGE_UNREADABLE', detail: error.message, cause: error }) : error;
  }
}

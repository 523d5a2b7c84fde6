import { type extractSheet, type PageReading, readPage, unreadableEngine } from '@gradeflow/contracts';
import type { PageRepository, StageRepository } from '@gradeflow/database';
import { PermanentError } from '@gradeflow/errors';
import type { FanOutProcessor } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import type { PageMetrics } from '../page-metrics.ts';
import { showProgress } from '../page-progress.ts';
import { completePages, openPageJobs } from './page-jobs.ts';

export interface ExtractSheetDeps {
  spool: Pick<Spool, 'isDeleted' | 'findManifest' | 'findPage' | 'listPages' | 'writePage'>;
  stages: Pick<StageRepository, 'setPages'>;
  pages: Pick<PageRepository, 'listAll'>;
  metrics?: PageMetrics | undefined;
}

type Result = { pagesTotal: number; pagesUnreadable: number; pagesBlank: number };

/**
 * Fans a sheet out into one read-page job for each page that is not read yet, and accounts for every page afterwards: what
 * could not be read is written down as such, with the reason, so that the rest of the sheet goes on.
 * Throws PermanentError SHEET_UNREADABLE when not one page could be read, PAGES_LOST when the spool entry is gone and its pages were never recorded,
 * and a page's own code when the volume was at fault (the reconciler starts the next run) or this installation (OCR_LANGUAGE_MISSING: a person does).
 */
export function createExtractSheet(deps: ExtractSheetDeps): FanOutProcessor<typeof extractSheet, typeof readPage> {
  const { spool, stages, metrics } = deps;
  return {
    child: readPage,
    plan: async ({ payload, log }) => {
      const manifest = (await spool.isDeleted(payload.submissionId)) ? null : await spool.findManifest(payload.submissionId);
      if (!manifest) return [];
      const { children, total } = await openPageJobs(spool, manifest, payload);
      await showProgress({ stages, log }, payload.submissionId, { total, done: total - children.length });
      return children;
    },
    collect: async ({ payload, log }, outcomes) => {
      const { submissionId } = payload;
      if (await spool.isDeleted(submissionId)) return { pagesTotal: 0, pagesUnreadable: 0, pagesBlank: 0 };
      const manifest = await spool.findManifest(submissionId);
      if (!manifest) return countRecorded(deps, submissionId);
      const read = new Set(await spool.listPages(submissionId));
      const pages = await completePages(spool, manifest, payload, outcomes, {
        code: 'SHEET_UNREADABLE',
        detail: 'No page of the sheet could be read.',
      });
      await showProgress({ stages, log }, submissionId, { total: pages.length, done: pages.length });
      for (const page of pages) if (!read.has(page.number)) metrics?.page(page);
      const result = countPages(pages);
      log.info({ submissionId, ...result }, 'sheet read');
      return result;
    },
  };
}

function countPages(pages: PageReading[]): Result {
  const count = (engine: string) => pages.filter((page) => page.engine === engine).length;
  return { pagesTotal: pages.length, pagesUnreadable: count(unreadableEngine), pagesBlank: count('blank') };
}

/** The entry is cleared once everything is recorded: a job that comes later finds the pages in the database. */
async function countRecorded({ pages }: ExtractSheetDeps, submissionId: string): Promise<Result> {
  const recorded = await pages.listAll(submissionId);
  if (recorded.length === 0)
    throw new PermanentError({ code: 'PAGES_LOST', detail: 'The upload is gone from the spool and its pages were never recorded.' });
  return countPages(recorded);
}

import {
  type extractSheet,
  type Manifest,
  type PageReading,
  type PayloadOf,
  readPage,
  unreadableEngine,
  unreadablePage,
} from '@gradeflow/contracts';
import type { PageRepository, StageRepository } from '@gradeflow/database';
import { PermanentError } from '@gradeflow/errors';
import { type ChildJob, type ChildOutcomes, type FanOutProcessor, jobIdOf } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import { showProgress } from '../page-progress.ts';

export interface ExtractSheetDeps {
  spool: Pick<Spool, 'isDeleted' | 'findManifest' | 'findPage' | 'listPages' | 'writePage'>;
  stages: Pick<StageRepository, 'setPages'>;
  pages: Pick<PageRepository, 'listAll'>;
}

type Payload = PayloadOf<typeof extractSheet>;
type Result = { pagesTotal: number; pagesUnreadable: number };
type PageJob = PayloadOf<typeof readPage>;

/** Reasons of a failed page that are the volume's and not the page's. */
const volumeFaults = new Set(['INSUFFICIENT_STORAGE', 'SPOOL_NOT_WRITABLE', 'SPOOL_UNAVAILABLE']);

/**
 * Fans a sheet out into one read-page job for each page that is not read yet, and accounts for every page afterwards: what
 * could not be read is written down as such, with the reason, so that the rest of the sheet goes on.
 * Throws PermanentError SHEET_UNREADABLE when not one page could be read, PAGES_LOST when the spool entry is gone and its pages were never recorded,
 * and a page's own code when the volume was at fault: the run ends there, and the reconciler starts the next one.
 */
export function createExtractSheet(deps: ExtractSheetDeps): FanOutProcessor<typeof extractSheet, typeof readPage> {
  const { spool, stages } = deps;
  return {
    child: readPage,
    plan: async ({ payload, log }) => {
      const manifest = (await spool.isDeleted(payload.submissionId)) ? null : await spool.findManifest(payload.submissionId);
      if (!manifest) return [];
      const jobs = listPageJobs(manifest, payload);
      const read = new Set(await spool.listPages(payload.submissionId));
      const open = jobs.filter((job) => !read.has(job.page));
      await showProgress({ stages, log }, payload.submissionId, { total: jobs.length, done: jobs.length - open.length });
      return open.map(toChild);
    },
    collect: async ({ payload, log }, outcomes) => {
      const { submissionId } = payload;
      if (await spool.isDeleted(submissionId)) return { pagesTotal: 0, pagesUnreadable: 0 };
      const manifest = await spool.findManifest(submissionId);
      if (!manifest) return countRecorded(deps, submissionId);
      const pages = await completePages(deps, manifest, payload, outcomes);
      await showProgress({ stages, log }, submissionId, { total: pages.length, done: pages.length });
      return countPages(pages);
    },
  };
}

/** Every page of the upload in order: files in the manifest's order, pages within each. */
function listPageJobs(manifest: Manifest, { submissionId, run }: Payload): PageJob[] {
  const places = manifest.files.flatMap(({ pages }, file) => Array.from({ length: pages }, (_, index) => ({ file, filePage: index + 1 })));
  return places.map((place, index) => ({ submissionId, run, page: index + 1, ...place }));
}

function toChild(payload: PageJob): ChildJob<typeof readPage> {
  return { jobId: childId(payload), payload };
}

function childId({ submissionId, run, page }: PageJob): string {
  return jobIdOf(readPage, submissionId, run, page);
}

/**
 * All pages; the missing ones are written as unreadable. Of a sheet without one readable page nothing is written: what is in the
 * spool is final, and a person who retries wants the pages read again.
 */
async function completePages(
  { spool }: ExtractSheetDeps,
  manifest: Manifest,
  payload: Payload,
  outcomes: ChildOutcomes,
): Promise<PageReading[]> {
  const pages: PageReading[] = [];
  const missing: PageReading[] = [];
  for (const job of listPageJobs(manifest, payload)) {
    const found = await spool.findPage(job.submissionId, job.page);
    if (!found) refuseVolumeFault(outcomes.failed[childId(job)]);
    const page = found ?? unreadablePage(job.page, wordsOf(outcomes.failed[childId(job)]));
    if (!found) missing.push(page);
    pages.push(page);
  }
  refuseUnreadableSheet(pages);
  for (const page of missing) await spool.writePage(payload.submissionId, page, null);
  return pages;
}

/** A page that could not be written for lack of room is readable all the same: it must not be put down as the opposite for ever. */
function refuseVolumeFault(reason: string | undefined): void {
  const code = reason?.split(':', 1)[0] ?? '';
  if (volumeFaults.has(code)) throw new PermanentError({ code, detail: wordsOf(reason) });
}

/** Of a reason as the queue keeps it: `CODE: words`. */
function wordsOf(reason: string | undefined): string {
  return reason?.replace(/^[A-Z][A-Z_0-9]*: /, '') ?? 'The page could not be read.';
}

function refuseUnreadableSheet(pages: PageReading[]): void {
  if (pages.some((page) => page.engine !== unreadableEngine)) return;
  const detail = `No page of the sheet could be read. ${pages[0]?.failure ?? ''}`.trim();
  throw new PermanentError({ code: 'SHEET_UNREADABLE', detail });
}

function countPages(pages: PageReading[]): Result {
  return { pagesTotal: pages.length, pagesUnreadable: pages.filter((page) => page.engine === unreadableEngine).length };
}

/** The entry is cleared once everything is recorded: a job that comes later finds the pages in the database. */
async function countRecorded({ pages }: ExtractSheetDeps, submissionId: string): Promise<Result> {
  const recorded = await pages.listAll(submissionId);
  if (recorded.length === 0)
    throw new PermanentError({ code: 'PAGES_LOST', detail: 'The upload is gone from the spool and its pages were never recorded.' });
  return countPages(recorded);
}

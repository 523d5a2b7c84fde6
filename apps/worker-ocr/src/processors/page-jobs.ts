import { type Manifest, type PageReading, type PayloadOf, readPage, unreadableEngine, unreadablePage } from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import { type ChildJob, type ChildOutcomes, jobIdOf } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';

/** One run of a spool entry whose pages are read: a submission's or a question paper's. */
export interface EntryRun {
  submissionId: string;
  run: number;
}

type PageJob = PayloadOf<typeof readPage>;

/** Reasons of a failed page that are the volume's or this installation's and not the page's: somebody puts it right, and the page is read. */
const notThePages = new Set([
  ...['INSUFFICIENT_STORAGE', 'SPOOL_NOT_WRITABLE', 'SPOOL_UNAVAILABLE'],
  ...['OCR_LANGUAGE_MISSING', 'OCR_ENGINE_MISSING', 'READER_NOT_STARTED'],
]);

/** The read-page jobs of all pages that are not in the spool yet, and how many pages there are altogether. */
export async function openPageJobs(
  spool: Pick<Spool, 'listPages'>,
  manifest: Manifest,
  entry: EntryRun,
): Promise<{ children: ChildJob<typeof readPage>[]; total: number }> {
  const jobs = listPageJobs(manifest, entry);
  const read = new Set(await spool.listPages(entry.submissionId));
  const children = jobs.filter((job) => !read.has(job.page)).map((payload) => ({ jobId: childId(payload), payload }));
  return { children, total: jobs.length };
}

/**
 * All pages in order; the missing ones are written as unreadable, with the reason of their job. Of an upload without one readable page nothing is
 * written: what is in the spool is final, and a person who retries wants the pages read again.
 * Throws PermanentError `nothingReadable` then, and a page's own code when the volume or the installation was at fault.
 */
export async function completePages(
  spool: Pick<Spool, 'findPage' | 'writePage'>,
  manifest: Manifest,
  entry: EntryRun,
  outcomes: ChildOutcomes,
  nothingReadable: { code: string; detail: string },
): Promise<PageReading[]> {
  const pages: PageReading[] = [];
  const missing: PageReading[] = [];
  for (const job of listPageJobs(manifest, entry)) {
    const found = await spool.findPage(job.submissionId, job.page);
    if (!found) refuseOtherFaults(outcomes.failed[childId(job)]);
    const page = found ?? unreadablePage(job.page, wordsOf(outcomes.failed[childId(job)]));
    if (!found) missing.push(page);
    pages.push(page);
  }
  if (pages.every((page) => page.engine === unreadableEngine)) {
    const detail = `${nothingReadable.detail} ${pages[0]?.failure ?? ''}`.trim();
    throw new PermanentError({ code: nothingReadable.code, detail });
  }
  for (const page of missing) await spool.writePage(entry.submissionId, page, null);
  return pages;
}

/** Every page of the upload in order: files in the manifest's order, pages within each. */
function listPageJobs(manifest: Manifest, { submissionId, run }: EntryRun): PageJob[] {
  const places = manifest.files.flatMap(({ pages }, file) => Array.from({ length: pages }, (_, index) => ({ file, filePage: index + 1 })));
  return places.map((place, index) => ({ submissionId, run, page: index + 1, ...place }));
}

function childId({ submissionId, run, page }: PageJob): string {
  return jobIdOf(readPage, submissionId, run, page);
}

/** A page that could not be written for lack of room, or read for lack of a language, is readable all the same: it must not be put down as the opposite for ever. */
function refuseOtherFaults(reason: string | undefined): void {
  const code = reason?.split(':', 1)[0] ?? '';
  if (notThePages.has(code)) throw new PermanentError({ code, detail: wordsOf(reason) });
}

/** Of a reason as the queue keeps it: `CODE: words`. */
function wordsOf(reason: string | undefined): string {
  return reason?.replace(/^[A-Z][A-Z_0-9]*: /, '') ?? 'The page could not be read.';
}

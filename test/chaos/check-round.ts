import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { SubmissionView } from '@gradeflow/contracts';
import { waitFor } from '@gradeflow/testing';
import type { Api, Item } from './api.ts';
import { patiently } from './settle.ts';
import type { Upload } from './uploads.ts';

/** Marks and status of a sheet as one line, to be compared. */
export function describeMarks({ status, result }: SubmissionView): string {
  const marks = result?.questions.map(({ number, score, needsReview }) => `${number} ${score}${needsReview ? '?' : ''}`);
  return `${status} ${result?.score}/${result?.maxScore}: ${marks?.join(', ')}`;
}

/** The laws that hold whatever went wrong. Gives a line for each breach. */
export async function checkRound(round: {
  api: Api;
  since: Date;
  uploads: Upload[];
  items: Item[];
  expectedMarks: Map<string, string>;
  spoolFolder: string;
}): Promise<string[]> {
  const { api, uploads, items } = round;
  const breaches = [...checkAcknowledged(uploads, items)];
  for (const upload of uploads) {
    const item = items.find(({ label }) => label === upload.label);
    if (item) breaches.push(...(await checkEnded(api, upload, item, round.expectedMarks)));
  }
  breaches.push(...(await checkNotices(api, round.since, items)), ...(await checkSpool(round.spoolFolder)));
  return breaches;
}

/** Every acknowledged upload is there, and no upload is there twice. */
function checkAcknowledged(uploads: Upload[], items: Item[]): string[] {
  const breaches: string[] = [];
  const ids = new Set(items.map(({ id }) => id));
  for (const { id, label } of uploads) {
    if (id !== null && !ids.has(id)) breaches.push(`LOST: "${label}" was acknowledged as ${id}`);
    const same = items.filter((item) => item.label === label);
    if (same.length > 1) breaches.push(`TWICE: "${label}" is there as ${same.map((item) => item.id).join(' and ')}`);
  }
  if (items.length > uploads.length) breaches.push(`TWICE: ${items.length} submissions of ${uploads.length} uploads`);
  return breaches;
}

/** Ended well, with the marks of an undisturbed run, graded once, every page read. */
async function checkEnded(api: Api, { label, kind }: Upload, item: Item, expectedMarks: Map<string, string>): Promise<string[]> {
  const view = await patiently(() => api.getSubmission(item.id));
  const about = `"${label}" (${item.id}, ${kind.name})`;
  if (view.status !== 'GRADED' && view.status !== 'NEEDS_REVIEW')
    return [`NOT GRADED: ${about} is ${view.status}: ${view.reason?.code} ${view.reason?.detail}`];
  const breaches: string[] = [];
  const marks = describeMarks(view);
  if (marks !== expectedMarks.get(kind.name))
    breaches.push(`OTHER MARKS: ${about} got ${marks}, undisturbed ${expectedMarks.get(kind.name)}`);
  const { pagesDone, pagesTotal } = view.progress;
  if (pagesDone !== kind.pages || pagesTotal !== kind.pages)
    breaches.push(`PAGES: ${about} has ${pagesDone} of ${pagesTotal}, sent ${kind.pages}`);
  const graders = await patiently(() => api.listGraders(item.id));
  if (graders.length !== 1) breaches.push(`TWICE: ${about} was graded ${graders.length} times (${graders.join(', ')})`);
  return breaches;
}

/** One notice for each submission: not none, not two. */
async function checkNotices(api: Api, since: Date, items: Item[]): Promise<string[]> {
  const count = async () => {
    const notices = await patiently(() => api.listNotices(since));
    return Map.groupBy(notices, ({ subject }) => subject.id);
  };
  const complete = async () => {
    const noticed = await count();
    return items.every(({ id }) => noticed.has(id));
  };
  await waitFor(complete, { timeoutMs: 60_000, everyMs: 500 }).catch(() => {}); // What is missing is told below.
  const noticed = await count();
  return items.flatMap(({ id, label }) => {
    const events = noticed.get(id)?.map(({ event }) => event) ?? [];
    return events.length === 1 ? [] : [`NOTICES: "${label}" (${id}) has ${events.length}: ${events.join(', ')}`];
  });
}

/** What has ended and is stored leaves the spool; nothing is set apart. */
async function checkSpool(folder: string): Promise<string[]> {
  const list = (name: string) => readdir(path.join(folder, name)).catch(() => []);
  await waitFor(async () => (await list('ready')).length === 0, { timeoutMs: 60_000, everyMs: 250 }).catch(() => {}); // Told below.
  const [ready, quarantine] = await Promise.all([list('ready'), list('quarantine')]);
  return [...ready.map((id) => `SPOOL: ${id} is still there`), ...quarantine.map((id) => `SPOOL: ${id} was set apart`)];
}

import type { Manifest, PageReading } from '@gradeflow/contracts';
import type { Logger } from '@gradeflow/logger';
import { type PagePerson, type ReadPageResult, type VisionReader, visionMark } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import type { PeopleOf } from './people-of.ts';

/** What a page is improved with besides itself. */
export interface ImprovedPage {
  manifest: Manifest;
  languages: string[];
  /** Time that is left for it; the page is kept as it is when the model needs longer. */
  leftMs: number;
  signal: AbortSignal;
  log: Logger;
}

export type ImproveByModel = (page: ReadPageResult, about: ImprovedPage) => Promise<PageReading>;

/** With less than this no model answers. */
const leastMs = 3_000;

/**
 * Sends a page that was read with doubts to the vision model and gives the better reading; the page as it was, with its doubts, when it was read well or by a model before, when the upload had
 * its `maxPages` calls, when it is deleted, when those whose names must be painted out cannot be asked for, or when the model fails. Throws the signal's reason only.
 */
export function createImproveByModel(deps: {
  vision: VisionReader;
  spool: Pick<Spool, 'isDeleted' | 'claimTurn'>;
  peopleOf: PeopleOf;
  maxPages: number;
}): ImproveByModel {
  const { vision, spool, peopleOf, maxPages } = deps;
  return async (page, { manifest, languages, leftMs, signal, log }) => {
    const { reading } = page;
    if (reading.doubts.length === 0 || isByVision(reading)) return reading;
    const started = performance.now();
    const { submissionId } = manifest;
    const about = { submissionId, page: reading.number, model: vision.model };
    const people = await findPeople(peopleOf, manifest, log.child(about));
    if (people === null || leftMs < leastMs || (await spool.isDeleted(submissionId))) return reading;
    if (!(await spool.claimTurn(submissionId, `page-${reading.number}`, maxPages))) {
      log.info({ ...about, maxPages }, 'no model call is left for this upload');
      return reading;
    }
    const deadlineMs = leftMs - (performance.now() - started);
    const improved = await vision.improve(page, { languages, people, deadlineMs, signal });
    const { outcome } = improved;
    if (outcome.kind === 'improved') log.info({ ...about, ...outcome }, 'read by the vision model');
    else log.warn({ ...about, reason: outcome.reason, err: outcome.error }, 'the vision model did not help, the page stays as it was read');
    return improved.reading;
  };
}

/** An earlier reading of the same pixels was improved already. */
function isByVision({ engine }: PageReading): boolean {
  return engine.includes(visionMark);
}

async function findPeople(peopleOf: PeopleOf, manifest: Manifest, log: Logger): Promise<PagePerson[] | null> {
  try {
    return await peopleOf(manifest);
  } catch (error) {
    log.warn({ err: error }, 'names to paint out are not known now, the page is not sent to the vision model');
    return null;
  }
}

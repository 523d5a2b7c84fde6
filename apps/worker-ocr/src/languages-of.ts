import type { Manifest } from '@gradeflow/contracts';
import type { AssessmentRepository } from '@gradeflow/database';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';

export type LanguagesOf = (manifest: Pick<Manifest, 'assessmentId'>) => Promise<string[]>;

const maxKept = 1_000;

/**
 * Languages in which a sheet is read: its assessment's, asked once a minute at most. When Postgres does not answer within 2 s, or does not
 * know the assessment yet, the fallback is used for now. Not sooner: a page is read once, in the wrong language for ever, and the first
 * query of a process that has just started on a busy machine takes several hundred milliseconds.
 */
export function createLanguagesOf(deps: {
  assessments: Pick<AssessmentRepository, 'find'>;
  fallback: string[];
  log: Logger;
  deadlineMs?: number;
  keepMs?: number;
}): LanguagesOf {
  const { assessments, fallback, log, deadlineMs = 2_000, keepMs = 60_000 } = deps;
  const kept = new Map<string, { languages: string[]; until: number }>();
  return async ({ assessmentId }) => {
    const known = kept.get(assessmentId);
    if (known && known.until > Date.now()) return known.languages;
    try {
      const languages = (await withDeadline(assessments.find(assessmentId), deadlineMs))?.languages ?? [];
      if (languages.length === 0) return fallback;
      if (kept.size >= maxKept) kept.clear();
      kept.set(assessmentId, { languages, until: Date.now() + keepMs });
      return languages;
    } catch (error) {
      log.warn({ err: error, assessmentId }, 'the languages of an assessment are not known now');
      return known?.languages ?? fallback;
    }
  };
}

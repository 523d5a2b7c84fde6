import type { buildReport } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import type { JobObserver } from '@gradeflow/queue';

/** A report that failed for good says why. While Postgres is away the reconciler says it later. */
export function createReportObserver(reports: Pick<Database['reports'], 'setStatus'>): JobObserver<typeof buildReport> {
  return {
    failedForGood: async ({ reportId }, _at, { code, detail }) => {
      const reason = code === 'INTERNAL' ? 'An unexpected error stopped the making of the report.' : detail;
      await reports.setStatus(reportId, 'FAILED', { reason });
    },
  };
}

import { buildReport } from './build-report.ts';
import type { JobDefinition } from './define-job.ts';
import { deliverNotification } from './deliver-notification.ts';
import { extractPaper } from './extract-paper.ts';
import { extractSheet } from './extract-sheet.ts';
import { gradeSubmission } from './grade-submission.ts';
import { mailSecret } from './mail-secret.ts';
import { persistFile } from './persist-file.ts';
import { readPage } from './read-page.ts';
import { recordMetadata } from './record-metadata.ts';

/** Every job type there is: one queue each. */
export const jobCatalog: readonly JobDefinition[] = [
  extractSheet,
  extractPaper,
  readPage,
  persistFile,
  recordMetadata,
  gradeSubmission,
  buildReport,
  deliverNotification,
  mailSecret,
];

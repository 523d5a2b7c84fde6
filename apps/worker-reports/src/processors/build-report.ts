import type { buildReport } from '@gradeflow/contracts';
import { neutralName } from '@gradeflow/contracts';
import { type Assessment, type CurrentGrading, type Database, hidesNames, type Report, type Submission } from '@gradeflow/database';
import { NotFoundError, PermanentError } from '@gradeflow/errors';
import type { Processor } from '@gradeflow/queue';
import { buildMarksheetPdf, type MarksheetRow } from '@gradeflow/reporting';
import { type Storage, storageKeys } from '@gradeflow/storage';

type Data = Pick<Database, 'reports' | 'assessments' | 'gradings'>;

/**
 * Builds the file of one report and puts it into the storage. May run twice: a report that is READY stays as it is.
 * Throws NotFoundError REPORT_MISSING, PermanentError REPORT_NOT_AVAILABLE for kinds and formats that can't be built, PermanentError
 * ASSESSMENT_NOT_FOUND; the observer makes the report FAILED with that reason.
 */
export function createBuildReport(deps: { database: Data; storage: Pick<Storage, 'find' | 'putBytes'> }): Processor<typeof buildReport> {
  const { database, storage } = deps;
  return async ({ payload: { reportId }, signal }) => {
    const report = await database.reports.find(reportId);
    if (!report) throw new NotFoundError({ code: 'REPORT_MISSING', detail: 'There is no such report.' });
    const key = storageKeys.report(report.id, report.format);
    const built = report.status === 'READY' ? await storage.find(key) : null;
    if (built) return { bytes: built.bytes };
    await database.reports.setStatus(reportId, 'RUNNING', { progress: 10 });
    const file = await buildFile(database, report);
    signal.throwIfAborted();
    const { bytes } = await storage.putBytes(key, file);
    await database.reports.setStatus(reportId, 'READY', { progress: 100 });
    return { bytes };
  };
}

async function buildFile(database: Data, report: Report): Promise<Uint8Array> {
  if (report.kind !== 'marksheet' || report.format !== 'pdf') {
    const detail = `Reports of kind ${report.kind} can't be made as ${report.format} yet; a marksheet as pdf can.`;
    throw new PermanentError({ code: 'REPORT_NOT_AVAILABLE', detail });
  }
  const assessment = await database.assessments.find(report.assessmentId);
  if (!assessment) throw new PermanentError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'The assessment of this report was deleted.' });
  const sheets = await database.gradings.listForAssessment(assessment.id, report.studentId ?? undefined);
  const rows = sheets.map((sheet) => toRow(assessment, sheet));
  // The order of labels would tell names.
  if (hidesNames(assessment)) rows.sort((a, b) => a.name.localeCompare(b.name));
  return buildMarksheetPdf({ assessment, rows, generatedAt: new Date() });
}

/** While names are hidden a sheet goes by its neutral name. */
function toRow(assessment: Assessment, { submission, grading }: { submission: Submission; grading: CurrentGrading | null }): MarksheetRow {
  const names = [submission.label, submission.student?.name].filter((name) => name !== null && name !== undefined);
  return {
    name: hidesNames(assessment) ? neutralName(submission.id) : names.join(' · ') || submission.originalName,
    status: submission.status,
    score: grading?.score ?? null,
    maxScore: grading?.maxScore ?? null,
    questions: grading?.questions.map(({ number, score }) => ({ number, score })) ?? [],
  };
}

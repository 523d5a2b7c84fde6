import type { CreateReportBody, WaitingFor } from '@gradeflow/contracts';
import { type Actor, type Assessment, checkUpload, type Database, hidesNames, type Report } from '@gradeflow/database';
import { AppError, ConflictError, NotFoundError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { anonymous } from '../../access/anonymity.ts';
import type { Visibility } from '../../access/visibility.ts';
import { createOnce } from '../../http/idempotency.ts';
import type { FileAnswer } from '../../http/send-file.ts';
import { waitingSince } from '../standstill/explain-job.ts';
import { lastJobOf, type Standstills } from '../standstill/standstills.ts';

export interface ReportService {
  /** Makes the row. Throws AppError REPORT_NOT_AVAILABLE (422) for what is not built yet, ValidationError STUDENT_NOT_FOUND (422), ConflictError ANONYMOUS_MARKING for a student's while names are hidden. */
  create(actor: Actor, assessment: Assessment, id: string, body: CreateReportBody): Promise<Report>;
  enqueue(report: Report): Promise<void>;
  /** Throws NotFoundError, ForbiddenError. */
  get(actor: Actor, id: string): Promise<Report>;
  /** What it waits for; null while it is being built and once it is READY. */
  waitingFor(report: Report): Promise<WaitingFor | null>;
  /** Throws ConflictError REPORT_NOT_READY. */
  file(report: Report): Promise<FileAnswer>;
}

interface Deps {
  database: Database;
  storage: Storage;
  producer: JobProducer;
  visibility: Visibility;
  standstills: Standstills;
}

const contentTypes: Record<string, string> = { pdf: 'application/pdf' };

export function createReportService({ database, storage, producer, visibility, standstills }: Deps): ReportService {
  return {
    create: async (actor, assessment, id, { kind, format, studentId }) => {
      if (kind !== 'marksheet' || format !== 'pdf')
        throw new AppError({
          code: 'REPORT_NOT_AVAILABLE',
          status: 422,
          retryable: false,
          detail: `A ${kind} report as ${format} is not available; marksheet as pdf is.`,
        });
      if (studentId !== undefined && hidesNames(assessment)) throw anonymous();
      const refusal = studentId === undefined ? null : await checkUpload(database, actor, assessment, studentId);
      if (refusal) throw refusal;
      const { institutionId, userId: createdBy } = actor;
      const report = { id, institutionId, assessmentId: assessment.id, createdBy, kind, format, studentId: studentId ?? null };
      return createOnce(
        () => database.reports.insert(report),
        () => database.reports.find(id),
      );
    },

    enqueue: (report) => producer.enqueueReport(report.id),

    get: async (actor, id) => {
      const report = await database.reports.find(id);
      if (!report || report.institutionId !== actor.institutionId)
        throw new NotFoundError({ code: 'REPORT_NOT_FOUND', detail: 'There is no such report.' });
      await visibility.assessment(actor, report.assessmentId, 'manage');
      return report;
    },

    waitingFor: async ({ id, assessmentId, status, updatedAt }) => {
      if (status === 'READY') return null;
      if (status !== 'FAILED') return standstills.explain({ job: lastJobOf.report(id), updatedAt, stages: [] });
      return {
        ...waitingSince(updatedAt)('FAILED', 'It stays so; ask for the report again.'),
        action: { method: 'POST', path: `/v1/assessments/${assessmentId}/reports` },
      };
    },

    file: async (report) => {
      const key = storageKeys.report(report.id, report.format);
      const stored = report.status === 'READY' ? await storage.find(key) : null;
      if (!stored)
        throw new ConflictError({ code: 'REPORT_NOT_READY', detail: `This report is ${report.status}; its file comes with READY.` });
      return {
        source: { bytes: stored.bytes, read: (range) => storage.read(key, range) },
        contentType: contentTypes[report.format] ?? 'application/octet-stream',
        etag: `"${report.id}-${stored.bytes}"`,
        downloadName: `${report.kind}.${report.format}`,
        cacheControl: 'private, no-cache',
      };
    },
  };
}

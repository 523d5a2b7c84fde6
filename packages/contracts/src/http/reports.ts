import { z } from 'zod';
import { Id } from '../ids.ts';
import { WaitingFor } from './submissions.ts';

export const ReportKind = z.enum(['marksheet', 'class', 'item-analysis', 'annotated-zip']);
export const ReportFormat = z.enum(['pdf', 'csv', 'xlsx', 'zip']);
export const CreateReportBody = z.object({ kind: ReportKind, format: ReportFormat, studentId: Id.optional() });
export type CreateReportBody = z.infer<typeof CreateReportBody>;

export const ReportStatus = z.enum(['QUEUED', 'RUNNING', 'READY', 'FAILED']);
export type ReportStatus = z.infer<typeof ReportStatus>;

export const AcceptedAnswer = z.object({ id: Id, statusUrl: z.string() });
export const ReportView = z
  .object({
    id: Id,
    kind: ReportKind,
    format: ReportFormat,
    status: ReportStatus,
    progress: z.number().int().min(0).max(100),
    reason: z.string().nullable(),
    /** What it stands still for; null while it is being built and once it is READY. */
    waitingFor: WaitingFor.nullable(),
  })
  .meta({ id: 'Report' });

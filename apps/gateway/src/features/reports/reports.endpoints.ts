import { AcceptedAnswer, CreateReportBody, Id, ReportFormat, ReportKind, ReportView, type WaitingFor } from '@gradeflow/contracts';
import type { Report } from '@gradeflow/database';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { sendFile } from '../../http/send-file.ts';

const params = z.object({ id: Id });
const tag = 'Reports';

function presentReport(report: Report, waitingFor: WaitingFor | null): z.infer<typeof ReportView> {
  const { id, status, progress, reason } = report;
  return { id, kind: ReportKind.parse(report.kind), format: ReportFormat.parse(report.format), status, progress, reason, waitingFor };
}

const create = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/reports',
  tag,
  summary: 'Have a report built',
  auth: 'teacher',
  params,
  body: CreateReportBody,
  response: { status: 202, schema: AcceptedAnswer, description: 'It is being built; `Location` tells how far' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '422 REPORT_NOT_AVAILABLE', '422 STUDENT_NOT_FOUND', '409 ANONYMOUS_MARKING'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, createId, body }) => {
    const report = await services.reports.create(actor, subject, createId, body);
    const statusUrl = `/v1/reports/${report.id}`;
    return { body: { id: report.id, statusUrl }, headers: { Location: statusUrl }, after: () => services.reports.enqueue(report) };
  },
});

const get = defineEndpoint({
  method: 'get',
  path: '/v1/reports/:id',
  tag,
  summary: 'How far a report is',
  auth: 'teacher',
  params,
  response: { status: 200, schema: ReportView, description: 'Status and progress' },
  problems: ['404 REPORT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.reports.get(actor, id),
  handle: async ({ services, subject }) => ({ body: presentReport(subject, await services.reports.waitingFor(subject)) }),
});

const file = defineEndpoint({
  method: 'get',
  path: '/v1/reports/:id/file',
  tag,
  summary: 'The file of a finished report',
  auth: 'teacher',
  readCookie: true,
  params,
  response: { status: 200, description: 'The file, for saving; `Range` works', contentType: 'application/pdf' },
  problems: ['404 REPORT_NOT_FOUND', '409 REPORT_NOT_READY'],
  load: ({ services, actor, params: { id } }) => services.reports.get(actor, id),
  handle: async ({ services, subject }) => {
    const answer = await services.reports.file(subject);
    return { send: (req, res) => sendFile(req, res, answer) };
  },
});

export const reportEndpoints = [create, get, file];

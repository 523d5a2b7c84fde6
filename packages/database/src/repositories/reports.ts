import type { Prisma, PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';
import type { Report, ReportRepository } from '../types.ts';

export function createReportRepository(prisma: PrismaClient): ReportRepository {
  return {
    async insert({ id, institutionId, assessmentId, createdBy, kind, format, studentId }) {
      return toReport(await prisma.report.create({ data: { id, institutionId, assessmentId, createdBy, kind, format, studentId } }));
    },
    async find(id) {
      const row = await prisma.report.findUnique({ where: { id } });
      return row && toReport(row);
    },
    async setStatus(id, status, { progress, reason } = {}) {
      const data = {
        status,
        ...(progress === undefined ? {} : { progress }),
        ...(reason === undefined ? {} : { reason: reason === null ? null : storableText(reason) }),
      };
      await prisma.report.update({ where: { id }, data, select: { id: true } });
    },
    async listUnfinished(olderThanMs, limit) {
      const rows = await prisma.report.findMany({
        where: { status: { in: ['QUEUED', 'RUNNING'] }, updatedAt: { lt: new Date(Date.now() - olderThanMs) } },
        orderBy: { updatedAt: 'asc' },
        take: limit,
      });
      return rows.map(toReport);
    },
  };
}

function toReport({ updatedAt: _, ...row }: Prisma.ReportGetPayload<object>): Report {
  return row;
}

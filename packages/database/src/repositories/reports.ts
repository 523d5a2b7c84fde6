import type { PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';
import type { ReportRepository } from '../types.ts';
import { requireLease } from './leases.ts';

export function createReportRepository(prisma: PrismaClient): ReportRepository {
  return {
    async insert({ id, institutionId, assessmentId, createdBy, kind, format, studentId }) {
      return prisma.report.create({ data: { id, institutionId, assessmentId, createdBy, kind, format, studentId } });
    },
    find: async (id) => prisma.report.findUnique({ where: { id } }),
    async setStatus(id, status, { progress, reason, fencedBy } = {}) {
      const data = {
        status,
        ...(progress === undefined ? {} : { progress }),
        ...(reason === undefined ? {} : { reason: reason === null ? null : storableText(reason) }),
      };
      const update = { where: { id }, data, select: { id: true } } as const;
      if (!fencedBy) return void (await prisma.report.update(update));
      await prisma.$transaction(async (tx) => {
        await requireLease(tx, fencedBy);
        await tx.report.update(update);
      });
    },
    listUnfinished: async (olderThanMs, limit) =>
      prisma.report.findMany({
        where: { status: { in: ['QUEUED', 'RUNNING'] }, updatedAt: { lt: new Date(Date.now() - olderThanMs) } },
        orderBy: { updatedAt: 'asc' },
        take: limit,
      }),
  };
}

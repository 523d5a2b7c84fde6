import type { ReportStatus } from '@gradeflow/contracts';
import type { PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';
import { type Lease, requireLease } from './leases.ts';

export interface Report {
  id: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  kind: string;
  format: string;
  studentId: string | null;
  status: ReportStatus;
  progress: number;
  reason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface ReportRepository {
  insert(report: Omit<Report, 'status' | 'progress' | 'reason' | 'createdAt' | 'updatedAt'>): Promise<Report>;
  find(id: string): Promise<Report | null>;
  setStatus(
    id: string,
    status: ReportStatus,
    details?: { progress?: number; reason?: string | null; fencedBy?: Lease | undefined },
  ): Promise<void>;
  listUnfinished(olderThanMs: number, limit: number): Promise<Report[]>;
}

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

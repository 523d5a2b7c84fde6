import { ConflictError } from '@gradeflow/errors';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import type { NewSubmission, Submission, SubmissionRepository } from '../types.ts';
import { requireLease } from './leases.ts';
import { resetStages } from './stages.ts';
import { listSubmissions } from './submission-list.ts';
import { type SubmissionRow, selectSubmissions, toSubmission } from './submission-rows.ts';
import { listSubmissionStates, toUuids } from './submission-states.ts';

type Client = PrismaClient | Prisma.TransactionClient;

export function createSubmissionRepository(prisma: PrismaClient): SubmissionRepository {
  const select = async (client: Client, rest: Prisma.Sql): Promise<Submission[]> =>
    (await client.$queryRaw<SubmissionRow[]>`${selectSubmissions()} submission.deleted_at IS NULL AND ${rest}`).map(toSubmission);
  const find = async (id: string, client: Client = prisma) => (await select(client, Prisma.sql`submission.id = ${id}::uuid`))[0] ?? null;

  return {
    find: (id) => find(id),
    findMany: (ids) => select(prisma, Prisma.sql`submission.id = ANY (${ids}::uuid[])`),
    isDeleted: async (id) => (await prisma.submission.count({ where: { id, deletedAt: { not: null } } })) > 0,
    listStates: (ids) => listSubmissionStates(prisma, ids),
    list: (query) => listSubmissions(prisma, query),

    record: (input) =>
      prisma.$transaction(async (tx) => {
        await tx.submission.createMany({ data: { ...toRow(input), status: 'PROCESSING' }, skipDuplicates: true });
        const submission = await find(input.id, tx);
        if (!submission) throw new ConflictError({ code: 'SUBMISSION_DELETED', detail: 'The submission was deleted.' });
        return submission;
      }),

    fail: (input, { code, detail }, fencedBy) =>
      prisma.$transaction(async (tx) => {
        await requireLease(tx, fencedBy);
        const failed = { status: 'FAILED', waitingCause: null, reasonCode: code, reasonDetail: storableText(detail) } as const;
        if ('contentHash' in input) await tx.submission.createMany({ data: { ...toRow(input), ...failed }, skipDuplicates: true });
        // What is graded stays graded, and the first reason stays: later ones are mostly its consequences.
        await tx.submission.updateMany({
          where: { id: input.id, deletedAt: null, status: { in: ['RECEIVED', 'PROCESSING'] } },
          data: failed,
        });
        if ((await tx.submission.count({ where: { id: input.id } })) === 0) throw notFound('submission');
      }),

    async update(id, { studentId, label }) {
      const data = {
        ...(studentId === undefined ? {} : { studentId }),
        ...(label === undefined ? {} : { label: label === null ? null : storableText(label) }),
      };
      await prisma.submission.update({ where: { id, deletedAt: null }, data });
      const submission = await find(id);
      if (!submission) throw notFound('submission');
      return submission;
    },

    async markDeleted(id) {
      await prisma.submission.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: new Date() } });
    },

    nextRun: (id, { fromFailed, stages, ifRun, event, fencedBy }) =>
      prisma.$transaction(async (tx) => {
        await requireLease(tx, fencedBy);
        const { count } = await tx.submission.updateMany({
          where: { id, deletedAt: null, ...(fromFailed ? { status: 'FAILED' } : {}), ...(ifRun === undefined ? {} : { run: ifRun }) },
          // The fence too: whoever still works on the earlier run may write no more.
          data: {
            run: { increment: 1 },
            fence: { increment: 1 },
            status: 'PROCESSING',
            waitingCause: null,
            reasonCode: null,
            reasonDetail: null,
            // A run that repeats another one is about what that was about.
            ...(fromFailed || ifRun !== undefined ? {} : { regradeOnly: [] }),
          },
        });
        if (count === 0) return null;
        await resetStages(tx, id, stages);
        const next = await find(id, tx);
        if (event && next) {
          const { institutionId, assessmentId, run } = next;
          const subject = { subjectType: 'submission', subjectId: id, assessmentId };
          const { by: actorId, ...what } = event;
          await putOnRecord(tx, { ...what, actorId, institutionId, ...subject, data: { run } });
        }
        return next;
      }),

    async takeFence(id) {
      const rows = await prisma.$queryRaw<Array<{ fence: number }>>`
        UPDATE submission SET fence = fence + 1 WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING fence`;
      return rows[0]?.fence ?? null;
    },

    async setPersisted(id) {
      await prisma.$executeRaw`
        INSERT INTO submission_stage (submission_id, name, status, persisted) VALUES (${id}::uuid, 'persist', 'WAITING', true)
        ON CONFLICT (submission_id, name) DO UPDATE SET persisted = true`;
    },

    listWaitingForQuestions: (assessmentId, limit) =>
      select(
        prisma,
        Prisma.sql`submission.waiting_cause = 'NO_QUESTIONS' AND submission.assessment_id = ${assessmentId}::uuid
          ORDER BY submission.created_at, submission.id LIMIT ${limit}`,
      ),

    listUnfinished: (limit, afterId, except = []) =>
      select(
        prisma,
        Prisma.sql`submission.status IN ('RECEIVED', 'PROCESSING') ${
          afterId === undefined
            ? Prisma.empty
            : Prisma.sql`AND (submission.created_at, submission.id) > (SELECT created_at, id FROM submission WHERE id = ${afterId}::uuid)`
        } ${except.length === 0 ? Prisma.empty : Prisma.sql`AND submission.id <> ALL (${toUuids(except)})`}
        ORDER BY submission.created_at, submission.id LIMIT ${limit}`,
      ),

    countUnfinished: () => prisma.submission.count({ where: { status: { in: ['RECEIVED', 'PROCESSING'] }, deletedAt: null } }),

    async listAssessmentsWithWaiting() {
      const rows = await prisma.$queryRaw<Array<{ id: string }>>`
        SELECT assessment.id FROM assessment WHERE assessment.max_score > 0 AND assessment.deleted_at IS NULL AND assessment.id IN (
          SELECT submission.assessment_id FROM submission WHERE submission.waiting_cause = 'NO_QUESTIONS' AND submission.deleted_at IS NULL)`;
      return rows.map(({ id }) => id);
    },
  };
}

function toRow(input: NewSubmission) {
  const { id, institutionId, assessmentId, createdBy, studentId, label, originalName, bytes, contentHash, files, pagesTotal, createdAt } =
    input;
  return {
    ...{ id, institutionId, assessmentId, createdBy, studentId, contentHash, pagesTotal, createdAt },
    label: label === null ? null : storableText(label),
    originalName: storableText(originalName),
    bytes: BigInt(bytes),
    files: JSON.parse(storableJson(files)) as Prisma.InputJsonValue,
  };
}

import type { StageName, SubmissionStatus } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import type { Page } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { type Lease, requireLease } from './leases.ts';
import { resetStages } from './stages.ts';
import { listSubmissions } from './submission-list.ts';
import { type SubmissionRow, selectSubmissions, toSubmission } from './submission-rows.ts';
import { listSubmissionStates, type SubmissionState, toUuids } from './submission-states.ts';

export interface Submission {
  id: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  studentId: string | null;
  student: { id: string; name: string } | null;
  label: string | null;
  status: SubmissionStatus;
  /** Set when status is NEEDS_REVIEW or something stands still: NO_QUESTIONS, REVIEW. */
  waitingCause: string | null;
  reasonCode: string | null;
  reasonDetail: string | null;
  run: number;
  originalName: string;
  bytes: number;
  /** sha256 over the files' sha256, in order: equal means the same bytes. */
  contentHash: string;
  files: Array<{ path: string; name: string; mediaType: string; bytes: number; sha256: string; pages: number }>;
  pagesTotal: number;
  pagesDone: number;
  duplicateOf: string | null;
  /** True once the originals are in the storage. */
  persisted: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** What record-metadata writes. */
export type NewSubmission = Pick<
  Submission,
  | 'id'
  | 'institutionId'
  | 'assessmentId'
  | 'createdBy'
  | 'studentId'
  | 'label'
  | 'originalName'
  | 'bytes'
  | 'contentHash'
  | 'files'
  | 'pagesTotal'
> & { createdAt: Date };

export interface SubmissionRepository {
  /** Inserts once: a second call changes nothing. `duplicateOf` is computed whenever a row is read, so that the order of recording does not matter. */
  record(input: NewSubmission): Promise<Submission>;
  /** Inserts a FAILED row for an upload that can't go on (unknown assessment, not allowed), or fails the existing one. */
  fail(input: NewSubmission | { id: string }, reason: { code: string; detail: string }, fencedBy?: Lease): Promise<void>;
  /** Not the deleted ones. */
  find(id: string): Promise<Submission | null>;
  findMany(ids: string[]): Promise<Submission[]>;
  isDeleted(id: string): Promise<boolean>;
  /** How far these are, also the deleted ones, in one answer however many they are. */
  listStates(ids: string[]): Promise<SubmissionState[]>;
  list(query: {
    assessmentId?: string;
    studentId?: string;
    status?: SubmissionStatus | undefined;
    q?: string | undefined;
    sort: 'createdAt' | '-createdAt' | 'label' | '-label';
    /** Labels, file names and students are neither searched nor sorted by, but neutral names; rows come as they are. */
    hideNames?: boolean;
    limit: number;
    cursor?: string | undefined;
  }): Promise<
    Page<Submission & { score: number | null; maxScore: number | null; minConfidence: number | null; reviews: number }> & {
      total: number;
      counts: Record<SubmissionStatus, number>;
    }
  >;
  update(id: string, patch: { studentId?: string | null; label?: string | null }): Promise<Submission>;
  markDeleted(id: string): Promise<void>;
  /**
   * run + 1, FAILED stages back to WAITING, status PROCESSING; null when it is not FAILED (for `fromFailed`) or does not exist.
   * With `ifRun`, null too when the row has another run by now: of two reconcilers one starts it. `event` is put on record with it. With `fencedBy`, LEASE_LOST
   * when that has changed hands.
   */
  nextRun(
    id: string,
    options: {
      fromFailed: boolean;
      stages: StageName[];
      ifRun?: number;
      event?: { id: string; by: string; action: 'submission.retried' | 'submission.regraded' };
      fencedBy?: Lease | undefined;
    },
  ): Promise<Submission | null>;
  /** UPDATE … SET fence = fence + 1 RETURNING fence. Null when there is no row. */
  takeFence(id: string): Promise<number | null>;
  /** Stands on the persist stage, so that it is kept also before the row is there. */
  setPersisted(id: string): Promise<void>;
  /** Submissions of an assessment that wait for questions. */
  listWaitingForQuestions(assessmentId: string, limit: number): Promise<Submission[]>;
  /** Unfinished rows, oldest first, for the reconciler: RECEIVED or PROCESSING, not deleted; without those of `except`. */
  listUnfinished(limit: number, afterId?: string, except?: string[]): Promise<Submission[]>;
  countUnfinished(): Promise<number>;
  /** Distinct assessments that have questions now and submissions still waiting for them. */
  listAssessmentsWithWaiting(): Promise<string[]>;
}

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

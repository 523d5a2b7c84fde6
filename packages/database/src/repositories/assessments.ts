import type { Question, ReleaseMode } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../access.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableJson } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { tellOfShown } from './releases.ts';

export interface Assessment {
  id: string;
  institutionId: string;
  courseId: string | null;
  createdBy: string;
  title: string;
  languages: string[];
  anonymous: boolean;
  release: ReleaseMode;
  releasedAt: Date | null;
  reviewBelow: number;
  sampleShare: number;
  regradeUntil: Date | null;
  /** 0: no questions yet. */
  rubricVersion: number;
  /** Sum over the current questions. */
  maxScore: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface AssessmentRepository {
  insert(
    input: Omit<Assessment, 'rubricVersion' | 'maxScore' | 'createdAt' | 'updatedAt' | 'releasedAt'>,
    questions: Question[] | null,
  ): Promise<Assessment>;
  find(id: string): Promise<Assessment | null>;
  /** What this person may see: admins all of the institution, teachers their courses' and their own, students their courses'. Newest first. */
  listFor(actor: Actor, query: { limit: number; cursor?: string | undefined; courseId?: string | undefined }): Promise<Page<Assessment>>;
  /** Withheld results that this shows, since they are released immediately from now on, are told of in the same transaction, as by a release. */
  update(
    id: string,
    patch: Partial<
      Pick<Assessment, 'title' | 'courseId' | 'languages' | 'anonymous' | 'release' | 'reviewBelow' | 'sampleShare' | 'regradeUntil'>
    >,
  ): Promise<Assessment>;
  /** Marks it deleted; its rows stay for the record, find and lists no longer see it. Throws ConflictError ASSESSMENT_IN_USE while submissions exist. */
  remove(id: string): Promise<void>;
  /** Version 0 is the empty list. Null when there is no such version. */
  findQuestions(id: string, version?: number): Promise<{ questions: Question[]; rubricVersion: number } | null>;
  /**
   * Makes the next version, and an audit event of this action and id, in one transaction. `ifVersion` set and not current: ConflictError PRECONDITION_FAILED (412).
   */
  saveQuestions(
    id: string,
    questions: Question[],
    by: string,
    ifVersion?: number,
    event?: { id: string; action: 'questions.saved' | 'questions.imported' },
  ): Promise<number>;
}

type Row = Prisma.AssessmentGetPayload<object>;

export function createAssessmentRepository(prisma: PrismaClient): AssessmentRepository {
  return {
    async insert(input, questions) {
      const { id, institutionId, courseId, createdBy, title, languages, anonymous, release, reviewBelow, sampleShare, regradeUntil } =
        input;
      const settings = { title, languages, anonymous, release, reviewBelow, sampleShare, regradeUntil };
      const first = questions?.length ? firstVersion(questions, createdBy) : {};
      return toAssessment(await prisma.assessment.create({ data: { id, institutionId, courseId, createdBy, ...settings, ...first } }));
    },

    async find(id) {
      const row = await prisma.assessment.findUnique({ where: { id, deletedAt: null } });
      return row && toAssessment(row);
    },

    async listFor(actor, { limit, cursor, courseId }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('assessments', cursor);
      const rows = await prisma.assessment.findMany({
        where: {
          institutionId: actor.institutionId,
          deletedAt: null,
          AND: [
            visibleTo(actor),
            courseId === undefined ? {} : { courseId },
            after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {},
          ],
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      });
      return toPage(rows.map(toAssessment), limit, ({ createdAt, id }) =>
        encodeCursor('assessments', { key: createdAt.toISOString(), id }),
      );
    },

    async update(id, patch) {
      const change = { where: { id, deletedAt: null }, data: patch };
      if (patch.release === undefined) return toAssessment(await prisma.assessment.update(change));
      return prisma.$transaction(async (tx) => {
        const before = await lock(tx, id);
        const changed = await tx.assessment.update(change);
        await tellOfShown(tx, before, changed);
        return toAssessment(changed);
      });
    },

    remove: (id) =>
      prisma.$transaction(async (tx) => {
        const { institutionId } = await lock(tx, id);
        const submissions = await tx.submission.count({ where: { assessmentId: id, institutionId, deletedAt: null } });
        if (submissions > 0) {
          throw new ConflictError({
            code: 'ASSESSMENT_IN_USE',
            detail: `The assessment has ${submissions} submissions: delete them first.`,
          });
        }
        await tx.assessment.update({ where: { id }, data: { deletedAt: new Date() } });
      }),

    async findQuestions(id, version) {
      const assessment = await prisma.assessment.findUnique({ where: { id, deletedAt: null }, select: { rubricVersion: true } });
      if (!assessment) return null;
      const rubricVersion = version ?? assessment.rubricVersion;
      if (rubricVersion === 0) return { questions: [], rubricVersion };
      const row = await prisma.rubricVersion.findUnique({ where: { assessmentId_version: { assessmentId: id, version: rubricVersion } } });
      return row && { questions: row.questions as unknown as Question[], rubricVersion };
    },

    saveQuestions: (id, questions, by, ifVersion, event) =>
      prisma.$transaction((tx) => saveVersion(tx, id, questions, by, ifVersion, event)),
  };
}

/** The next version, within the caller's transaction: see `AssessmentRepository.saveQuestions`. */
export async function saveVersion(
  tx: Prisma.TransactionClient,
  id: string,
  questions: Question[],
  by: string,
  ifVersion: number | undefined,
  event: { id: string; action: 'questions.saved' | 'questions.imported' | 'questions.confirmed' } = {
    id: uuidv7(),
    action: 'questions.saved',
  },
): Promise<number> {
  const { rubricVersion, institutionId } = await lock(tx, id);
  if (ifVersion !== undefined && ifVersion !== rubricVersion) {
    const detail = `The questions are at version ${rubricVersion} by now, not ${ifVersion}.`;
    throw new ConflictError({ code: 'PRECONDITION_FAILED', status: 412, detail });
  }
  const version = rubricVersion + 1;
  await tx.rubricVersion.create({ data: { assessmentId: id, version, questions: toJson(questions), createdBy: by } });
  await tx.assessment.update({ where: { id }, data: { rubricVersion: version, maxScore: sumOf(questions) } });
  const subject = { subjectType: 'assessment', subjectId: id, assessmentId: id };
  const data = { version, questions: questions.length };
  await putOnRecord(tx, { ...event, institutionId, actorId: by, ...subject, data });
  return version;
}

/** Agrees with `checkUpload`: who may see an assessment's sheets may upload to it. */
function visibleTo({ role, userId }: Actor): Prisma.AssessmentWhereInput {
  switch (role) {
    case 'ADMIN':
      return {};
    case 'TEACHER':
      return { OR: [{ courseId: null, createdBy: userId }, { course: { teachers: { some: { userId } } } }] };
    case 'STUDENT':
      return { course: { students: { some: { userId } } } };
  }
}

/** Savers of questions and removers of one assessment follow one another. */
async function lock(tx: Prisma.TransactionClient, id: string): Promise<Row> {
  await tx.$queryRaw`SELECT 1 FROM assessment WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await tx.assessment.findUnique({ where: { id, deletedAt: null } });
  if (!row) throw notFound('assessment');
  return row;
}

function firstVersion(questions: Question[], createdBy: string) {
  return { rubricVersion: 1, maxScore: sumOf(questions), rubrics: { create: { version: 1, questions: toJson(questions), createdBy } } };
}

function toJson(questions: Question[]): Prisma.InputJsonValue {
  return JSON.parse(storableJson(questions)) as Prisma.InputJsonValue;
}

function sumOf(questions: Question[]): number {
  return questions.reduce((sum, question) => sum + question.maxScore, 0);
}

function toAssessment({ deletedAt: _, ...row }: Row): Assessment {
  return row;
}

import { uuidv7 } from 'uuidv7';
import { hidesNames } from '../anonymity.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { gradedEvent, gradedText, sheetInWords } from '../notice-texts.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { ofAssessment } from './submission-rows.ts';

type Tx = Prisma.TransactionClient;
type Client = PrismaClient | Tx;

/** What a release tells of: whose graded sheets. */
export interface ReleasePreview {
  /** Questions that still need a person. */
  openReviews: number;
  /** Students who are told, by name. Nobody twice. */
  students: Array<{ id: string; name: string }>;
}

export interface ReleaseOutcome extends ReleasePreview {
  releasedAt: Date;
}

export interface ReleaseRepository {
  /** What releasing would do now. */
  preview(assessmentId: string): Promise<ReleasePreview>;
  /**
   * Makes results visible, tells each student of a graded sheet, and writes an audit event, in one transaction: of calls at once one does it, the others change nothing and tell
   * nobody. A sheet with open reviews is told of when these have ended. Under IMMEDIATE everybody has been told; then it ends anonymous marking alone.
   */
  release(assessmentId: string, by: string): Promise<ReleaseOutcome>;
  /** Withholds results again and takes students' notices of them back. Changes nothing when nothing is released. */
  unrelease(assessmentId: string, by: string): Promise<void>;
}

interface LockedAssessment {
  id: string;
  institutionId: string;
  title: string;
  release: string;
  releasedAt: Date | null;
  anonymous: boolean;
}

interface Told {
  submissionId: string;
  label: string | null;
  originalName: string;
  score: number;
  maxScore: number;
  studentId: string;
  studentName: string;
}

export function createReleaseRepository(prisma: PrismaClient): ReleaseRepository {
  return {
    async preview(assessmentId) {
      const assessment = await prisma.assessment.findUnique({ where: { id: assessmentId, deletedAt: null } });
      if (!assessment) throw notFound('assessment');
      const told = tellsAnybody(assessment) ? await listTold(prisma, assessmentId) : [];
      return { openReviews: await countOpen(prisma, assessmentId), students: studentsOf(told) };
    },

    release: (assessmentId, by) =>
      prisma.$transaction(async (tx) => {
        const assessment = await lock(tx, assessmentId);
        const openReviews = await countOpen(tx, assessmentId);
        if (assessment.releasedAt) return { openReviews, students: [], releasedAt: assessment.releasedAt };
        const told = tellsAnybody(assessment) ? await listTold(tx, assessmentId, { held: true }) : [];
        await tell(tx, assessment, told);
        const releasedAt = new Date();
        await tx.assessment.update({ where: { id: assessmentId }, data: { releasedAt } });
        await writeAudit(tx, assessment, by, 'assessment.released', { told: told.length, openReviews, namesShown: hidesNames(assessment) });
        return { openReviews, students: studentsOf(told), releasedAt };
      }),

    unrelease: (assessmentId, by) =>
      prisma.$transaction(async (tx) => {
        const assessment = await lock(tx, assessmentId);
        if (!assessment.releasedAt) return;
        await tx.assessment.update({ where: { id: assessmentId }, data: { releasedAt: null } });
        if (assessment.release === 'MANUAL') await takeBack(tx, assessmentId);
        await writeAudit(tx, assessment, by, 'assessment.unreleased', { namesHidden: assessment.anonymous });
      }),
  };
}

/**
 * Tells students of what a change of the assessment shows to them, within its transaction and under its lock: the release was by hand and had not happened. Who has been told of a sheet's last grade
 * before, when results were released immediately for the first time, is not told of it again.
 */
export async function tellOfShown(tx: Tx, before: LockedAssessment, after: LockedAssessment): Promise<void> {
  if (tellsAnybody(before) && after.release === 'IMMEDIATE')
    await tell(tx, after, await listTold(tx, after.id, { held: true, again: false }));
}

function tellsAnybody({ release, releasedAt }: Pick<LockedAssessment, 'release' | 'releasedAt'>): boolean {
  return release === 'MANUAL' && releasedAt === null;
}

async function lock(tx: Tx, id: string): Promise<LockedAssessment> {
  await tx.$queryRaw`SELECT 1 FROM assessment WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await tx.assessment.findUnique({ where: { id, deletedAt: null } });
  if (!row) throw notFound('assessment');
  return row;
}

async function countOpen(client: Client, assessmentId: string): Promise<number> {
  const [{ open }] = await client.$queryRaw<[{ open: number }]>`
    SELECT COALESCE(sum(submission.reviews), 0)::int AS open FROM submission WHERE ${ofAssessment(assessmentId)} AND submission.status = 'NEEDS_REVIEW'`;
  return open;
}

const wasTold = Prisma.sql`EXISTS (
  SELECT 1 FROM notification AS notice WHERE notice.user_id = student.id AND notice.event = ${gradedEvent} AND notice.subject_id = submission.id
    AND notice.created_at >= ALL (SELECT grading.created_at FROM grading WHERE grading.submission_id = submission.id))`;

/**
 * Graded sheets of students. `held`: nobody writes another grade of them until the transaction ends, so that each grade is told of either by the release or after it. Without
 * `again` only those of which the student was not told as they are.
 */
async function listTold(client: Client, assessmentId: string, { held = false, again = true } = {}): Promise<Told[]> {
  if (held)
    await client.$queryRaw`SELECT submission.id FROM submission WHERE ${ofAssessment(assessmentId)} ORDER BY submission.id FOR SHARE`;
  return client.$queryRaw<Told[]>`
    SELECT submission.id AS "submissionId", submission.label, submission.original_name AS "originalName", submission.score, submission.max_score AS "maxScore",
      student.id AS "studentId", student.name AS "studentName"
    FROM submission JOIN "user" AS student ON student.id = COALESCE(submission.student_id, submission.created_by)
      AND student.role = 'STUDENT' AND student.institution_id = submission.institution_id
    WHERE ${ofAssessment(assessmentId)} AND submission.status = 'GRADED' AND submission.score IS NOT NULL
      AND ${again ? Prisma.sql`true` : Prisma.sql`NOT ${wasTold}`}
    ORDER BY student.name, student.id, submission.id`;
}

function studentsOf(told: Told[]): ReleasePreview['students'] {
  return [...new Map(told.map(({ studentId, studentName }) => [studentId, { id: studentId, name: studentName }])).values()];
}

/** Stamped after the sheets are held, so that a notice is younger than every grading that it may tell of. */
async function tell(tx: Tx, { title }: LockedAssessment, told: Told[]): Promise<void> {
  if (told.length === 0) return;
  const texts = told.map((sheet) => storableText(gradedText(sheetInWords({ ...sheet, id: sheet.submissionId }, title, false), sheet)));
  await tx.$executeRaw`
    INSERT INTO notification (id, user_id, event, subject_type, subject_id, text, created_at)
    SELECT id, user_id, ${gradedEvent}, 'submission', subject_id, text, clock_timestamp()
    FROM unnest(${told.map(() => uuidv7())}::uuid[], ${told.map(({ studentId }) => studentId)}::uuid[],
      ${told.map(({ submissionId }) => submissionId)}::uuid[], ${texts}::text[]) AS notice (id, user_id, subject_id, text)`;
}

/** A notice says the marks: it goes with them. */
async function takeBack(tx: Tx, assessmentId: string): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM notification USING submission, "user" AS student
    WHERE ${ofAssessment(assessmentId)} AND notification.event = ${gradedEvent} AND notification.subject_id = submission.id
      AND student.id = notification.user_id AND student.role = 'STUDENT'`;
}

async function writeAudit(tx: Tx, { id, institutionId }: LockedAssessment, by: string, action: string, data: Prisma.InputJsonObject) {
  const subject = { subjectType: 'assessment', subjectId: id, assessmentId: id };
  await putOnRecord(tx, { id: uuidv7(), institutionId, actorId: by, action, ...subject, data });
}

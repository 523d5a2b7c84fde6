import type { Manifest, UploadPurpose } from '@gradeflow/contracts';
import type { Actor, Assessment, Database, QuestionPaper, Submission } from '@gradeflow/database';
import { ForbiddenError, NotFoundError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import { databaseAway, type PostgresGuard } from './postgres-guard.ts';

/** A submission as it is found: its row once there is one, before that what the spool knows. */
export type FoundSubmission = { row: Submission; manifest: null } | { row: null; manifest: Manifest };

/** The same of a question paper. */
export type FoundQuestionPaper = { row: QuestionPaper; manifest: null } | { row: null; manifest: Manifest };

/** `manage`: mark, change, delete. `read`: also students of the course. */
export type Purpose = 'read' | 'manage';

/**
 * Who may have what. Another institution's things and another student's submissions are not there (NotFoundError); a colleague's course is
 * there and refused (ForbiddenError).
 */
export interface Visibility {
  assessment(actor: Actor, id: string, purpose: Purpose): Promise<Assessment>;
  /** Throws NotFoundError, or ForbiddenError when this person may not use the course for an assessment. */
  course(actor: Actor, id: string): Promise<void>;
  /** Postgres judges; while it is silent the uploader and the institution's admins may still see what stands in the spool, others get UnavailableError. */
  submission(actor: Actor, id: string): Promise<FoundSubmission>;
  /** For those who may change the assessment's questions; never for students. While Postgres is silent as with submissions. */
  questionPaper(actor: Actor, id: string): Promise<FoundQuestionPaper>;
}

interface Deps {
  database: Database;
  spool: Spool;
  guard: PostgresGuard;
}

export function createVisibility({ database, spool, guard }: Deps): Visibility {
  const manages = async (actor: Actor, assessment: Assessment): Promise<boolean> => {
    if (actor.role === 'ADMIN') return true;
    if (actor.role === 'STUDENT') return false;
    if (assessment.courseId === null) return assessment.createdBy === actor.userId;
    return database.courses.isTeacher(assessment.courseId, actor.userId);
  };

  const mayHaveAssessment = async (actor: Actor, assessment: Assessment, purpose: Purpose): Promise<boolean> => {
    if (await manages(actor, assessment)) return true;
    if (purpose === 'manage' || actor.role !== 'STUDENT' || assessment.courseId === null) return false;
    return database.courses.isEnrolled(assessment.courseId, actor.userId);
  };

  /** The rule for rows and manifests alike. */
  const judge = async (actor: Actor, it: { institutionId: string; assessmentId: string; userId: string; studentId: string | null }) => {
    if (it.institutionId !== actor.institutionId) throw noSubmission();
    if (actor.role === 'ADMIN') return;
    if (actor.role === 'STUDENT') {
      // Whose sheet it is counts, not who uploaded it: a teacher may have given it to somebody else since.
      if ((it.studentId ?? it.userId) !== actor.userId) throw noSubmission();
      return;
    }
    const assessment = await database.assessments.find(it.assessmentId);
    const allowed = assessment ? await manages(actor, assessment) : it.userId === actor.userId;
    if (!allowed) throw new ForbiddenError({ detail: "This belongs to a colleague's course." });
  };

  const judgePaper = async (actor: Actor, it: { institutionId: string; assessmentId: string; userId: string }) => {
    if (it.institutionId !== actor.institutionId) throw noQuestionPaper();
    if (actor.role === 'STUDENT') throw new ForbiddenError({ detail: 'Your role does not allow this.' });
    await judge(actor, { ...it, studentId: null });
  };

  const spooled = async (id: string, purpose: UploadPurpose): Promise<Manifest | null> => {
    if (await spool.isDeleted(id)) return null;
    const manifest = await spool.findManifest(id);
    return manifest && (manifest.purpose ?? 'submission') === purpose ? manifest : null;
  };

  return {
    assessment: async (actor, id, purpose) => {
      const assessment = await database.assessments.find(id);
      if (!assessment || assessment.institutionId !== actor.institutionId)
        throw new NotFoundError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'There is no such assessment.' });
      if (!(await mayHaveAssessment(actor, assessment, purpose)))
        throw new ForbiddenError({ detail: 'This assessment belongs to a course that is not yours.' });
      return assessment;
    },

    course: async (actor, id) => {
      const course = await database.courses.find(id);
      if (!course || course.institutionId !== actor.institutionId)
        throw new NotFoundError({ code: 'COURSE_NOT_FOUND', detail: 'There is no such course.' });
      if (actor.role !== 'ADMIN' && !(await database.courses.isTeacher(id, actor.userId)))
        throw new ForbiddenError({ detail: 'You do not teach this course.' });
    },

    submission: async (actor, id) => {
      const asked = await guard.ask(async () => {
        const row = await database.submissions.find(id);
        if (row) await judge(actor, { ...row, userId: row.createdBy });
        return row;
      });
      if (asked.answered && asked.value) {
        // DELETE may have come between the upload and its row: record-metadata takes such a row back, but a moment later.
        if (isUnderWay(asked.value) && (await spool.isDeleted(id))) throw noSubmission();
        return { row: asked.value, manifest: null };
      }
      const manifest = await spooled(id, 'submission');
      if (!manifest || manifest.institutionId !== actor.institutionId) throw asked.answered ? noSubmission() : databaseAway();
      if (manifest.userId === actor.userId || actor.role === 'ADMIN') return { row: null, manifest };
      if (!asked.answered) throw databaseAway();
      await judge(actor, manifest);
      return { row: null, manifest };
    },

    questionPaper: async (actor, id) => {
      const asked = await guard.ask(async () => {
        const row = await database.questionPapers.find(id);
        if (row) await judgePaper(actor, { ...row, userId: row.createdBy });
        return row;
      });
      if (asked.answered && asked.value) return { row: asked.value, manifest: null };
      const manifest = await spooled(id, 'question-paper');
      if (!manifest || manifest.institutionId !== actor.institutionId) throw asked.answered ? noQuestionPaper() : databaseAway();
      if (asked.answered) await judgePaper(actor, manifest);
      else if (actor.role === 'STUDENT' || (manifest.userId !== actor.userId && actor.role !== 'ADMIN')) throw databaseAway();
      return { row: null, manifest };
    },
  };
}

function noQuestionPaper(): NotFoundError {
  return new NotFoundError({ code: 'QUESTION_PAPER_NOT_FOUND', detail: 'There is no such question paper.' });
}

const isUnderWay = ({ status }: Submission): boolean => status === 'RECEIVED' || status === 'PROCESSING';

export function noSubmission(): NotFoundError {
  return new NotFoundError({ code: 'SUBMISSION_NOT_FOUND', detail: 'There is no such submission.' });
}

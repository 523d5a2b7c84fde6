import type { CreateAssessmentBody, PatchAssessmentBody, Question, QuestionInput, QuestionsPreview } from '@gradeflow/contracts';
import type { Actor, Assessment, Database, Page } from '@gradeflow/database';
import { ConflictError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import type { Visibility } from '../../access/visibility.ts';
import { createOnce } from '../../http/idempotency.ts';
import { matchQuestions } from './match-questions.ts';
import { previewQuestions } from './preview-questions.ts';

export interface QuestionVersion {
  questions: Question[];
  rubricVersion: number;
}

export interface AssessmentService {
  list(actor: Actor, query: { limit: number; cursor?: string | undefined; courseId?: string | undefined }): Promise<Page<Assessment>>;
  /** Throws NotFoundError, ForbiddenError for a course that is not theirs. The same id again gives what is there. */
  create(actor: Actor, id: string, body: CreateAssessmentBody): Promise<Assessment>;
  /** A new `reviewBelow` holds for what is graded already, too; `sampleShare` only for later gradings. */
  patch(actor: Actor, assessment: Assessment, body: PatchAssessmentBody): Promise<Assessment>;
  /** Throws ConflictError ASSESSMENT_IN_USE while submissions exist. */
  remove(assessment: Assessment): Promise<void>;
  questions(assessment: Assessment): Promise<QuestionVersion>;
  /**
   * Saves the next version. `ifVersion` and not current: ConflictError PRECONDITION_FAILED (412). The same event again gives what was saved then.
   */
  saveQuestions(
    actor: Actor,
    assessment: Assessment,
    list: QuestionInput[],
    ifVersion: number | undefined,
    event?: { id: string; action: 'questions.saved' | 'questions.imported' },
  ): Promise<QuestionVersion>;
  /** Whose marks saving these would change. `ifVersion` and not current: ConflictError PRECONDITION_FAILED (412). */
  previewQuestions(assessment: Assessment, list: QuestionInput[], ifVersion: number | undefined): Promise<QuestionsPreview>;
  /** Sends submissions that waited for questions on to grading. The reconciler does the same, later. */
  wakeWaiting(assessment: Assessment): Promise<void>;
}

interface Deps {
  database: Database;
  producer: JobProducer;
  visibility: Visibility;
}

/** Submissions that one save wakes at once; the reconciler goes on with the rest. */
const wakeAtOnce = 500;

export function createAssessmentService({ database, producer, visibility }: Deps): AssessmentService {
  const questions = async (assessment: Assessment): Promise<QuestionVersion> =>
    (await database.assessments.findQuestions(assessment.id)) ?? { questions: [], rubricVersion: 0 };

  return {
    list: (actor, query) => database.assessments.listFor(actor, query),

    create: async (actor, id, body) => {
      if (body.courseId !== null) await visibility.course(actor, body.courseId);
      const { questions: list, regradeUntil, ...fields } = body;
      const assessment = {
        id,
        institutionId: actor.institutionId,
        createdBy: actor.userId,
        ...fields,
        regradeUntil: regradeUntil === null ? null : new Date(regradeUntil),
      };
      return createOnce(
        () => database.assessments.insert(assessment, list && list.length > 0 ? matchQuestions([], list) : null),
        () => database.assessments.find(id),
      );
    },

    patch: async (actor, assessment, body) => {
      if (body.courseId && body.courseId !== assessment.courseId) await visibility.course(actor, body.courseId);
      const { regradeUntil, ...fields } = body;
      const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
      const until = regradeUntil === undefined ? {} : { regradeUntil: regradeUntil === null ? null : new Date(regradeUntil) };
      const changed = await database.assessments.update(assessment.id, { ...given, ...until });
      if (changed.anonymous !== assessment.anonymous) await database.audit.insert(anonymityEvent(actor, changed));
      // Also when it is the same as before: an earlier call may have ended half way.
      if (body.reviewBelow !== undefined) await database.reviews.rejudge(assessment.id, body.reviewBelow);
      return changed;
    },

    remove: (assessment) => database.assessments.remove(assessment.id),
    questions,

    saveQuestions: async (actor, assessment, list, ifVersion, event) => {
      const earlier = event && (await database.audit.find(event.id));
      const saved = earlier && (await database.assessments.findQuestions(assessment.id, Number(earlier.data.version)));
      if (saved) return saved;
      const before = await questions(assessment);
      const next = matchQuestions(before.questions, list);
      const rubricVersion = await database.assessments.saveQuestions(assessment.id, next, actor.userId, ifVersion, event);
      return { questions: next, rubricVersion };
    },

    previewQuestions: async (assessment, list, ifVersion) => {
      const { questions: before, rubricVersion } = await questions(assessment);
      if (ifVersion !== undefined && ifVersion !== rubricVersion) {
        const detail = `The questions are at version ${rubricVersion} by now, not ${ifVersion}.`;
        throw new ConflictError({ code: 'PRECONDITION_FAILED', status: 412, detail });
      }
      return previewQuestions(database.rubrics, assessment, matchQuestions(before, list));
    },

    wakeWaiting: async (assessment) => {
      for (const { id } of await database.submissions.listWaitingForQuestions(assessment.id, wakeAtOnce)) {
        const next = await database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
        if (next) await producer.enqueueGrading({ submissionId: id, run: next.run, share: { institutionId: assessment.institutionId } });
      }
    },
  };
}

/** Who showed or hid names, since from then on marks may have been given in their knowledge. */
function anonymityEvent(actor: Actor, { id, institutionId, anonymous }: Assessment): Parameters<Database['audit']['insert']>[0] {
  return {
    ...{ id: uuidv7(), institutionId, actorId: actor.userId, action: anonymous ? 'assessment.names_hidden' : 'assessment.names_shown' },
    ...{ subjectType: 'assessment', subjectId: id, assessmentId: id, data: {} },
  };
}

import type { DecisionBody, Question } from '@gradeflow/contracts';
import type { Actor, CurrentResult, Database, DecisionOutcome, Submission } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import { applyDecision } from '@gradeflow/grading';
import type { JobProducer } from '@gradeflow/queue';
import { resultToday } from './earlier-result.ts';
import { withEvidenceText } from './evidence-text.ts';

export interface DecisionService {
  /**
   * Writes what a person decides about one question of one submission, by the assessment's current questions. Throws NotFoundError QUESTION_NOT_FOUND, ConflictError
   * NOT_GRADED_YET, SUBMISSION_BUSY or DECISION_CONFLICT, ValidationError with a pointer to each fault. The same id again decides nothing more.
   */
  decide(actor: Actor, id: string, submission: Submission, questionId: string, body: DecisionBody): Promise<DecisionOutcome>;
  /** Makes an earlier grading's result of the question count again. Throws NotFoundError GRADING_NOT_FOUND besides. */
  revert(actor: Actor, id: string, submission: Submission, questionId: string, to: string): Promise<DecisionOutcome>;
  /** Tells people of a decision where there is something to tell; to be called when the answer is on its way. */
  announce(outcome: DecisionOutcome): Promise<void>;
}

interface Deps {
  database: Database;
  producer: Pick<JobProducer, 'enqueueNotification'>;
}

export function createDecisionService({ database, producer }: Deps): DecisionService {
  return {
    decide: async (actor, id, submission, questionId, body) => {
      const earlier = await findEarlier(database, id, submission, questionId);
      if (earlier) return earlier;
      const { question, rubricVersion } = await getQuestion(database, submission.assessmentId, questionId);
      const current = await getCurrent(database, submission, questionId);
      const { basedOn, ...decision } = body;
      return database.gradings.saveDecision({
        id,
        submissionId: submission.id,
        by: actor.userId,
        rubricVersion,
        result: await withEvidenceText(database.pages, submission.id, decision, applyDecision(question, current.result, decision)),
        // What was left out is taken from this result, so it must still be the one that counts.
        basedOn: basedOn ?? current.gradingId,
      });
    },

    revert: async (actor, id, submission, questionId, to) => {
      const earlier = await findEarlier(database, id, submission, questionId);
      if (earlier) return earlier;
      const current = await getCurrent(database, submission, questionId);
      const [grading, assessment, questions] = await Promise.all([
        database.gradings.find(to),
        database.assessments.find(submission.assessmentId),
        database.assessments.findQuestions(submission.assessmentId),
      ]);
      const question = questions?.questions.find(({ id }) => id === questionId);
      const result =
        grading?.submissionId === submission.id && resultToday(grading, current, { question, reviewBelow: assessment?.reviewBelow ?? 0 });
      if (!grading || !result) throw new NotFoundError({ code: 'GRADING_NOT_FOUND', detail: 'This question has no such grading.' });
      return database.gradings.saveDecision({
        id,
        submissionId: submission.id,
        by: actor.userId,
        rubricVersion: grading.rubricVersion,
        result,
        basedOn: current.gradingId,
        revertedTo: to,
      });
    },

    announce: async ({ toAnnounce, gradingId }) => {
      if (toAnnounce) await producer.enqueueNotification(gradingId);
    },
  };
}

/** What an earlier attempt of the same call has written, with what counts by now. Who is to be told of it, the reconciler finds. */
async function findEarlier(
  { gradings, submissions }: Pick<Database, 'gradings' | 'submissions'>,
  id: string,
  { id: submissionId }: Submission,
  questionId: string,
): Promise<DecisionOutcome | null> {
  if ((await gradings.find(id))?.submissionId !== submissionId) return null;
  const [current, grading, row] = await Promise.all([
    gradings.findCurrentResult(submissionId, questionId),
    gradings.findCurrent(submissionId),
    submissions.find(submissionId),
  ]);
  if (!current || !grading || !row) return null;
  const reviews = grading.questions.filter(({ needsReview }) => needsReview).length;
  const { score, maxScore } = grading;
  return { gradingId: id, current, score, maxScore, reviews, status: row.status, finished: false, toAnnounce: false };
}

/** The question as it is now. Throws NotFoundError QUESTION_NOT_FOUND. */
export async function getQuestion(
  database: Pick<Database, 'assessments'>,
  assessmentId: string,
  questionId: string,
): Promise<{ question: Question; rubricVersion: number }> {
  const found = await database.assessments.findQuestions(assessmentId);
  const question = found?.questions.find(({ id }) => id === questionId);
  if (!found || !question) throw new NotFoundError({ code: 'QUESTION_NOT_FOUND', detail: 'The assessment has no such question.' });
  return { question, rubricVersion: found.rubricVersion };
}

async function getCurrent(database: Database, submission: Submission, questionId: string): Promise<CurrentResult> {
  const current = await database.gradings.findCurrentResult(submission.id, questionId);
  if (current) return current;
  throw new ConflictError({ code: 'NOT_GRADED_YET', detail: 'This question of the submission has not been graded yet.' });
}

import type { DecisionBody, Question, QuestionResult } from '@gradeflow/contracts';
import type { Actor, Assessment, CurrentResult, Database, DecisionOutcome, Submission } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import { applyDecision } from '@gradeflow/grading';
import type { JobProducer } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import { withEvidenceText } from './evidence-text.ts';

export interface DecisionService {
  /**
   * Writes what a person decides about one question of one submission, by the assessment's current questions. Throws NotFoundError QUESTION_NOT_FOUND, ConflictError
   * NOT_GRADED_YET, SUBMISSION_BUSY or DECISION_CONFLICT, ValidationError with a pointer to each fault.
   */
  decide(
    actor: Actor,
    submission: Submission,
    questionId: string,
    body: DecisionBody,
    options?: { batchId?: string },
  ): Promise<DecisionOutcome>;
  /** Makes an earlier grading's result of the question count again. Throws NotFoundError GRADING_NOT_FOUND besides. */
  revert(actor: Actor, submission: Submission, questionId: string, to: string): Promise<DecisionOutcome>;
  /** Tells people of a decision where there is something to tell; to be called when the answer is on its way. */
  announce(outcome: DecisionOutcome): Promise<void>;
}

interface Deps {
  database: Database;
  producer: Pick<JobProducer, 'enqueueNotification'>;
}

export function createDecisionService({ database, producer }: Deps): DecisionService {
  return {
    decide: async (actor, submission, questionId, body, { batchId } = {}) => {
      const { question, rubricVersion } = await getQuestion(database, submission.assessmentId, questionId);
      const current = await getCurrent(database, submission, questionId);
      const { basedOn, ...decision } = body;
      return database.gradings.saveDecision({
        id: uuidv7(),
        submissionId: submission.id,
        by: actor.userId,
        rubricVersion,
        result: await withEvidenceText(database.pages, submission.id, decision, applyDecision(question, current.result, decision)),
        // What was left out is taken from this result, so it must still be the one that counts.
        basedOn: basedOn ?? current.gradingId,
        ...(batchId === undefined ? {} : { batchId }),
      });
    },

    revert: async (actor, submission, questionId, to) => {
      const current = await getCurrent(database, submission, questionId);
      const grading = await database.gradings.find(to);
      const earlier = grading?.submissionId === submission.id ? resultIn(grading.questions, questionId) : undefined;
      if (!grading || !earlier) throw new NotFoundError({ code: 'GRADING_NOT_FOUND', detail: 'This question has no such grading.' });
      const [assessment, questions] = await Promise.all([
        database.assessments.find(submission.assessmentId),
        database.assessments.findQuestions(submission.assessmentId),
      ]);
      const question = questions?.questions.find(({ id }) => id === questionId);
      return database.gradings.saveDecision({
        id: uuidv7(),
        submissionId: submission.id,
        by: actor.userId,
        rubricVersion: grading.rubricVersion,
        result: to === current.machineGradingId ? judgedBy(earlier, assessment?.reviewBelow ?? 0) : atWorthOf(question, earlier),
        basedOn: current.gradingId,
        revertedTo: to,
      });
    },

    announce: async ({ toAnnounce, gradingId }) => {
      if (toAnnounce) await producer.enqueueNotification(gradingId);
    },
  };
}

async function getQuestion(
  database: Database,
  assessmentId: Assessment['id'],
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

/** A machine's result under the threshold of today, which may be above the one it was graded under. */
function judgedBy(result: QuestionResult, reviewBelow: number): QuestionResult {
  if (result.confidence >= reviewBelow || result.reviewReasons.includes('LOW_CONFIDENCE')) return result;
  return { ...result, needsReview: true, reviewReasons: [...result.reviewReasons, 'LOW_CONFIDENCE'] };
}

/** A person's earlier mark of a question whose worth has changed since: never more than it is worth now. */
function atWorthOf(question: Question | undefined, result: QuestionResult): QuestionResult {
  if (!question) return result;
  return { ...result, number: question.number, maxScore: question.maxScore, score: Math.min(result.score, question.maxScore) };
}

function resultIn(questions: readonly QuestionResult[], questionId: string): QuestionResult | undefined {
  return questions.find((question) => question.questionId === questionId);
}

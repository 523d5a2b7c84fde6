import type { AnswerChange, CorrectAnswerBody } from '@gradeflow/contracts';
import type { Actor, AnswerCorrection, CurrentResult, Database, Submission } from '@gradeflow/database';
import { type FieldError, NotFoundError, ValidationError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';

export interface CorrectionService {
  /**
   * Keeps what a person says about the reading of one answer, and begins the run that grades it again. Throws NotFoundError QUESTION_NOT_FOUND, ValidationError WORD_NOT_FOUND (422)
   * with a pointer to each place that is not on the sheet, and what `CorrectionRepository.save` throws.
   */
  correct(
    actor: Actor,
    submission: Submission,
    questionId: string,
    body: CorrectAnswerBody,
  ): Promise<{ correctionId: string; run: number }>;
  /** How one answer reads, with all that was corrected, newest first. Throws NotFoundError QUESTION_NOT_FOUND. */
  reading(submission: Submission, questionId: string): Promise<{ current: CurrentResult; corrections: AnswerCorrection[] }>;
  /** Hands the run to grading; what is not handed over, the reconciler finds. */
  enqueue(submission: Submission, run: number): Promise<void>;
}

interface Deps {
  database: Database;
  producer: Pick<JobProducer, 'enqueueGrading'>;
}

export function createCorrectionService({ database, producer }: Deps): CorrectionService {
  return {
    correct: async (actor, submission, questionId, { basedOn, ...given }) => {
      await requireQuestion(database, submission, questionId);
      const change = toChange(given);
      await refuseUnknownPlaces(database, submission.id, change);
      const id = uuidv7();
      const { run } = await database.corrections.save({ id, submissionId: submission.id, questionId, by: actor.userId, change, basedOn });
      return { correctionId: id, run };
    },

    reading: async (submission, questionId) => {
      const current = await database.gradings.findCurrentResult(submission.id, questionId);
      if (!current) throw noQuestion();
      const corrections = await database.corrections.list(submission.id);
      return { current, corrections: corrections.filter((correction) => correction.questionId === questionId).toReversed() };
    },

    enqueue: ({ id, institutionId }, run) => producer.enqueueGrading({ submissionId: id, run, share: { institutionId } }),
  };
}

/** One of the list, or one that the sheet was graded by and the list has lost since. */
async function requireQuestion(database: Database, { id, assessmentId }: Submission, questionId: string): Promise<void> {
  if (await database.gradings.findCurrentResult(id, questionId)) return;
  const list = await database.assessments.findQuestions(assessmentId);
  if (!list?.questions.some((question) => question.id === questionId)) throw noQuestion();
}

function toChange({ text, words, assign }: Omit<CorrectAnswerBody, 'basedOn'>): AnswerChange {
  if (words) return { words };
  return assign ? { assign } : { text: text ?? '' };
}

async function refuseUnknownPlaces({ pages }: Database, submissionId: string, change: AnswerChange): Promise<void> {
  if ('text' in change) return;
  const named = 'words' in change ? change.words : change.assign;
  const counts = new Map<number, number>();
  for (const page of new Set(named.map((place) => place.page))) {
    const reading = await pages.find(submissionId, page);
    if (reading) counts.set(page, reading.words.length);
  }
  const errors =
    'words' in change
      ? change.words.flatMap(({ page, index }, at) => faultOf(counts, { page, index, field: 'index' }, `/words/${at}`))
      : change.assign.flatMap(({ page, from, to }, at) =>
          from < to
            ? faultOf(counts, { page, index: to - 1, field: 'to' }, `/assign/${at}`)
            : [{ path: `/assign/${at}/to`, message: 'must be behind "from"' }],
        );
  errors.push(...('assign' in change ? overlaps(change.assign) : []));
  if (errors.length > 0) throw new ValidationError({ code: 'WORD_NOT_FOUND', status: 422, detail: 'The sheet has no such words.', errors });
}

function faultOf(counts: Map<number, number>, place: { page: number; index: number; field: string }, path: string): FieldError[] {
  const count = counts.get(place.page);
  if (count === undefined) return [{ path: `${path}/page`, message: `the submission has no page ${place.page}` }];
  return place.index < count ? [] : [{ path: `${path}/${place.field}`, message: `page ${place.page} has ${count} words` }];
}

function overlaps(ranges: ReadonlyArray<{ page: number; from: number; to: number }>): FieldError[] {
  const inOrder = ranges.map((range, at) => ({ ...range, at })).sort((a, b) => a.page - b.page || a.from - b.from);
  return inOrder.flatMap(({ page, from, at }, i) => {
    const before = inOrder[i - 1];
    return before && before.page === page && before.to > from
      ? [{ path: `/assign/${at}/from`, message: 'the word was given already' }]
      : [];
  });
}

function noQuestion(): NotFoundError {
  return new NotFoundError({ code: 'QUESTION_NOT_FOUND', detail: 'The submission has no such question.' });
}

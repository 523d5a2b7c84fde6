import type { AnswerRegradeRequestBody, CreateRegradeRequestBody, RegradeRequestListQuery } from '@gradeflow/contracts';
import type { Actor, Database, Page, RegradeRequest, Submission } from '@gradeflow/database';
import { AppError, ConflictError, ForbiddenError, NotFoundError, ValidationError } from '@gradeflow/errors';
import type { Anonymity } from '../../access/anonymity.ts';
import type { FoundSubmission, Visibility } from '../../access/visibility.ts';
import { isWithheld } from '../submissions/submissions.presenter.ts';
import { recorded } from '../submissions/submissions.service.ts';

export interface RegradeRequestService {
  /** The sheet, for its student alone. Throws NotFoundError SUBMISSION_NOT_FOUND, ForbiddenError for everybody else who may see it. */
  loadOwn(actor: Actor, submissionId: string): Promise<FoundSubmission>;
  /**
   * Throws ConflictError NOT_RECORDED_YET, NOT_RELEASED, NOT_GRADED_YET, REGRADE_CLOSED after the assessment's `regradeUntil`, ValidationError QUESTION_NOT_FOUND (422), and what
   * `RegradeRequestRepository.insert` throws.
   */
  create(actor: Actor, found: FoundSubmission, id: string, body: CreateRegradeRequestBody): Promise<void>;
  /** Students their own; others those of the assessments that they manage. Throws for an assessment that is not theirs as `visibility` does. */
  list(actor: Actor, query: RegradeRequestListQuery): Promise<Page<RegradeRequest>>;
  /** For who manages its assessment. Throws NotFoundError REGRADE_REQUEST_NOT_FOUND, ForbiddenError. */
  load(actor: Actor, id: string): Promise<RegradeRequest>;
  /** Throws what `RegradeRequestRepository.answer` throws. */
  answer(actor: Actor, request: RegradeRequest, body: AnswerRegradeRequestBody): Promise<RegradeRequest>;
}

interface Deps {
  database: Database;
  visibility: Visibility;
  anonymity: Anonymity;
}

export function createRegradeRequestService({ database, visibility, anonymity }: Deps): RegradeRequestService {
  /** What students write about themselves. */
  const withoutNames = async (actor: Actor, requests: RegradeRequest[]): Promise<RegradeRequest[]> => {
    const screens = await anonymity.screens(
      actor,
      requests.map(({ assessmentId }) => assessmentId),
    );
    return requests.map((request) => {
      const screen = screens.get(request.assessmentId);
      return screen ? { ...request, message: screen.text(request.message) } : request;
    });
  };

  const get = async (actor: Actor, id: string): Promise<RegradeRequest> => {
    const request = await database.regradeRequests.find(actor, id);
    if (!request) throw noRequest();
    return withoutNames(actor, [request]).then(([seen]) => seen ?? request);
  };

  return {
    loadOwn: async (actor, submissionId) => {
      const found = await visibility.submission(actor, submissionId);
      if (actor.role !== 'STUDENT') throw new ForbiddenError({ detail: 'Only the student whose sheet it is can ask for this.' });
      return found;
    },

    create: async (actor, found, id, { questionId, message }) => {
      const row = recorded(found);
      // An earlier attempt of the same call.
      if ((await database.regradeRequests.findSubmission(id)) === row.id) return;
      await refuseUnlessOpen(database, row);
      await database.regradeRequests
        .insert({ id, submissionId: row.id, questionId, studentId: actor.userId, message })
        .catch((error: unknown) => {
          throw error instanceof AppError && error.code === 'QUESTION_NOT_FOUND' ? noQuestion() : error;
        });
    },

    list: async (actor, query) => {
      if (query.assessmentId !== undefined)
        await visibility.assessment(actor, query.assessmentId, actor.role === 'STUDENT' ? 'read' : 'manage');
      const page = await database.regradeRequests.list(actor, query);
      return { ...page, items: await withoutNames(actor, page.items) };
    },

    load: async (actor, id) => {
      const submissionId = await database.regradeRequests.findSubmission(id);
      if (submissionId === null) throw noRequest();
      await visibility.submission(actor, submissionId).catch((error: unknown) => {
        throw error instanceof NotFoundError ? noRequest() : error;
      });
      return get(actor, id);
    },

    answer: async (actor, { id }, { status, reply }) => {
      await database.regradeRequests.answer({ id, by: actor.userId, status, reply });
      return get(actor, id);
    },
  };
}

/** What a student may not see yet they cannot doubt yet. */
async function refuseUnlessOpen(database: Database, { id, assessmentId }: Submission): Promise<void> {
  const [assessment, grading] = await Promise.all([database.assessments.find(assessmentId), database.gradings.findCurrent(id)]);
  if (isWithheld(assessment)) throw new ConflictError({ code: 'NOT_RELEASED', detail: 'The results are not released yet.' });
  if (!grading) throw new ConflictError({ code: 'NOT_GRADED_YET', detail: 'This submission has not been graded yet.' });
  const until = assessment?.regradeUntil;
  if (until && until.getTime() < Date.now()) {
    throw new ConflictError({ code: 'REGRADE_CLOSED', detail: `Requests could be made until ${until.toISOString()}.` });
  }
}

function noRequest(): NotFoundError {
  return new NotFoundError({ code: 'REGRADE_REQUEST_NOT_FOUND', detail: 'There is no such request.' });
}

function noQuestion(): ValidationError {
  return new ValidationError({
    ...{ code: 'QUESTION_NOT_FOUND', status: 422, detail: 'The submission has no such question.' },
    errors: [{ path: '/questionId', message: 'is no question of this submission' }],
  });
}

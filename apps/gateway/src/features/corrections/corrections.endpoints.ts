import { AnswerReading, CorrectAnswerAnswer, CorrectAnswerBody, Id } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { recorded } from '../submissions/submissions.service.ts';
import { presentReading } from './corrections.presenter.ts';

const path = '/v1/submissions/:id/questions/:questionId/answer';
const params = z.object({ id: Id, questionId: Id });
const tag = 'Marking';

const read = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: 'How an answer reads: by the machine, and as people have corrected it',
  auth: 'teacher',
  params,
  response: { status: 200, schema: AnswerReading, description: 'Both readings, and who corrected what and when' },
  problems: ['404 SUBMISSION_NOT_FOUND', '404 QUESTION_NOT_FOUND', '409 NOT_RECORDED_YET'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { questionId } }) => {
    const row = recorded(subject);
    const { current, corrections } = await services.corrections.reading(row, questionId);
    return { body: presentReading(current, corrections, await services.anonymity.screen(actor, row)) };
  },
});

const correct = defineEndpoint({
  method: 'patch',
  path,
  tag,
  summary: 'Correct what was misread, by text, by words or by which words belong to the answer; this question alone is graded again',
  auth: 'teacher',
  params,
  body: CorrectAnswerBody,
  response: { status: 202, schema: CorrectAnswerAnswer, description: 'Both readings are kept; `Location` tells how far grading is' },
  problems: [
    '404 SUBMISSION_NOT_FOUND',
    '404 QUESTION_NOT_FOUND',
    '409 NOT_RECORDED_YET',
    '409 NOT_GRADED_YET',
    '409 ANSWER_CONFLICT',
    '409 ANSWER_WRITTEN_OUT',
    '422 WORD_NOT_FOUND',
  ],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { id, questionId }, body }) => {
    const row = recorded(subject);
    const { correctionId, run } = await services.corrections.correct(actor, row, questionId, body);
    const submission = await services.submissions.view(actor, await services.visibility.submission(actor, id));
    return {
      body: { correctionId, submission },
      headers: { Location: `/v1/submissions/${row.id}` },
      after: () => services.corrections.enqueue(row, run),
    };
  },
});

export const correctionEndpoints = [read, correct];

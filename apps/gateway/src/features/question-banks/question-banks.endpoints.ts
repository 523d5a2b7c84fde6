import {
  FromBankBody,
  Id,
  listOf,
  PageQuery,
  PatchBankQuestionBody,
  Question,
  QuestionBankBody,
  QuestionBankView,
  QuestionInput,
  QuestionsAnswer,
} from '@gradeflow/contracts';
import { banksTag, bankTag } from '@gradeflow/database';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { etagOf, wantedVersion } from '../assessments/version-tag.ts';
import { presentBank } from './question-banks.presenter.ts';

const params = z.object({ id: Id });
const questionParams = z.object({ id: Id, questionId: Id });
const tag = 'Question banks';
const ttlSeconds = 300;

const list = defineEndpoint({
  method: 'get',
  path: '/v1/question-banks',
  tag,
  summary: 'One’s own question banks, newest first; for admins all of the institution',
  auth: 'teacher',
  query: PageQuery,
  cache: { vary: 'person', ttlSeconds, tags: ({ actor }) => [banksTag(actor.institutionId)] },
  response: { status: 200, schema: listOf(QuestionBankView), description: 'One page of them' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.questionBanks.listFor(actor, query);
    return { body: { items: page.items.map(presentBank), nextCursor: page.nextCursor } };
  },
});

const create = defineEndpoint({
  method: 'post',
  path: '/v1/question-banks',
  tag,
  summary: 'Make a question bank',
  auth: 'teacher',
  body: QuestionBankBody,
  response: { status: 201, schema: QuestionBankView, description: 'The empty bank' },
  handle: async ({ services, actor, body, createId }) => ({
    body: presentBank(await services.questionBanks.create(actor, createId, body.name)),
  }),
});

const rename = defineEndpoint({
  method: 'patch',
  path: '/v1/question-banks/:id',
  tag,
  summary: 'Rename a question bank',
  auth: 'teacher',
  params,
  body: QuestionBankBody,
  response: { status: 200, schema: QuestionBankView, description: 'The renamed bank' },
  problems: ['404 QUESTION_BANK_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject, body }) => ({
    body: presentBank(await services.database.questionBanks.rename(subject.id, body.name)),
  }),
});

const remove = defineEndpoint({
  method: 'delete',
  path: '/v1/question-banks/:id',
  tag,
  summary: 'Delete a question bank with its questions; copies in assessments stay',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'Deleted' },
  problems: ['404 QUESTION_BANK_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject }) => {
    await services.database.questionBanks.remove(subject);
    return {};
  },
});

const listQuestions = defineEndpoint({
  method: 'get',
  path: '/v1/question-banks/:id/questions',
  tag,
  summary: 'The questions of a bank, oldest first',
  auth: 'teacher',
  params,
  query: PageQuery,
  cache: { vary: 'role', ttlSeconds, tags: ({ params: { id } }) => [bankTag(id)] },
  response: { status: 200, schema: listOf(Question), description: 'One page of them' },
  problems: ['404 QUESTION_BANK_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject, query }) => ({ body: await services.database.questionBanks.listQuestions(subject.id, query) }),
});

const addQuestion = defineEndpoint({
  method: 'post',
  path: '/v1/question-banks/:id/questions',
  tag,
  summary: 'Put one question into a bank',
  auth: 'teacher',
  params,
  body: QuestionInput,
  response: { status: 201, schema: Question, description: 'The question with its id' },
  problems: ['404 QUESTION_BANK_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject, body, createId }) => ({
    body: await services.questionBanks.addQuestion(subject, createId, body),
  }),
});

const patchQuestion = defineEndpoint({
  method: 'patch',
  path: '/v1/question-banks/:id/questions/:questionId',
  tag,
  summary: 'Change a question of a bank; fields that are left out stay, the whole is checked again',
  auth: 'teacher',
  params: questionParams,
  body: PatchBankQuestionBody,
  response: { status: 200, schema: Question, description: 'The question as it is now' },
  problems: ['404 QUESTION_BANK_NOT_FOUND', '404 BANK_QUESTION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject, params: { questionId }, body }) => ({
    body: await services.questionBanks.patchQuestion(subject, questionId, body),
  }),
});

const removeQuestion = defineEndpoint({
  method: 'delete',
  path: '/v1/question-banks/:id/questions/:questionId',
  tag,
  summary: 'Take a question out of a bank; copies in assessments stay',
  auth: 'teacher',
  params: questionParams,
  response: { status: 204, description: 'Gone' },
  problems: ['404 QUESTION_BANK_NOT_FOUND', '404 BANK_QUESTION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.questionBanks.get(actor, id),
  handle: async ({ services, subject, params: { questionId } }) => {
    await services.questionBanks.removeQuestion(subject, questionId);
    return {};
  },
});

const copy = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/questions/from-bank',
  tag,
  summary: 'Copy questions of one’s banks behind those of an assessment, as its next version; `If-Match` as with PUT',
  auth: 'teacher',
  params,
  body: FromBankBody,
  response: { status: 200, schema: QuestionsAnswer, description: 'The whole list as it is now; `ETag` is its version' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 BANK_QUESTION_NOT_FOUND', '412 PRECONDITION_FAILED'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body, req, createId }) => {
    const answer = await services.questionBanks.copyInto(actor, subject, createId, body.questionIds, wantedVersion(req.get('If-Match')));
    return { body: answer, headers: etagOf(answer.rubricVersion), after: () => services.assessments.wakeWaiting(subject) };
  },
});

export const questionBankEndpoints = [list, create, rename, remove, listQuestions, addQuestion, patchQuestion, removeQuestion, copy];

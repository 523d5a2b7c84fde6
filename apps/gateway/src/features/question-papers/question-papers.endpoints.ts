import {
  AcceptedAnswer,
  ConfirmPaperAnswer,
  ConfirmPaperBody,
  Id,
  PageImageQuery,
  PageView,
  PaperFields,
  QuestionPaperView,
} from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { sendFile } from '../../http/send-file.ts';
import { presentPage } from '../pages/page.presenter.ts';
import { acceptedHeaders, acceptMultipart, uploadProblems } from '../submissions/upload.endpoints.ts';

const params = z.object({ id: Id });
const pageParams = params.extend({ n: z.coerce.number().int().min(1).max(100_000) });
const tag = 'Question papers';

const upload = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/question-paper',
  tag,
  summary: 'Upload a question paper, as a submission is uploaded; its questions are read and proposed',
  auth: 'teacher',
  rateLimit: 'upload',
  ownIdempotency: true,
  params,
  multipart: { fields: PaperFields },
  response: { status: 202, schema: AcceptedAnswer, description: 'The bytes are durable; `Location` tells how far reading is' },
  problems: uploadProblems,
  load: ({ services, actor, params: { id } }) => services.uploads.authorise(actor, id, 'question-paper'),
  handle: async (context) => {
    const accepted = await acceptMultipart(context, 'question-paper');
    const statusUrl = `/v1/question-papers/${accepted.id}`;
    return {
      body: { id: accepted.id, statusUrl },
      headers: acceptedHeaders(accepted, statusUrl),
      after: () => context.services.uploads.enqueue(accepted.id, 'question-paper', accepted.share),
    };
  },
});

const get = defineEndpoint({
  method: 'get',
  path: '/v1/question-papers/:id',
  tag,
  summary: 'How far reading is and, once READY, the proposed questions with their places',
  auth: 'teacher',
  params,
  response: { status: 200, schema: QuestionPaperView, description: 'The question paper' },
  problems: ['404 QUESTION_PAPER_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.questionPaper(actor, id),
  handle: async ({ services, subject }) => ({ body: await services.questionPapers.view(subject) }),
});

const confirm = defineEndpoint({
  method: 'post',
  path: '/v1/question-papers/:id/confirm',
  tag,
  summary:
    'Make these the questions of the assessment, as its next version: the whole list, edited or not. A question that the assessment has under the same number keeps its id and, with the same marks, its rubric; a new one has no key yet. The same list again changes nothing',
  auth: 'teacher',
  params,
  body: ConfirmPaperBody,
  maxBodyBytes: 10_000_000,
  response: { status: 200, schema: ConfirmPaperAnswer, description: 'The paper, and the questions as they were saved' },
  problems: ['404 QUESTION_PAPER_NOT_FOUND', '404 ASSESSMENT_NOT_FOUND', '409 NOT_READY', '409 ALREADY_CONFIRMED'],
  load: ({ services, actor, params: { id } }) => services.visibility.questionPaper(actor, id),
  handle: async ({ services, actor, subject, body }) => {
    const { paper, questions, wake } = await services.questionPapers.confirm(actor, subject, body.proposals);
    return { body: { ...paper, questions }, after: wake };
  },
});

const page = defineEndpoint({
  method: 'get',
  path: '/v1/question-papers/:id/pages/:n',
  tag,
  summary: 'What was read on a page of a question paper: text, words and their boxes in pixels of its picture',
  auth: 'teacher',
  params: pageParams,
  response: { status: 200, schema: PageView, description: 'The page' },
  problems: ['404 QUESTION_PAPER_NOT_FOUND', '404 PAGE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.questionPaper(actor, id),
  handle: async ({ services, subject, params: { n } }) => ({ body: presentPage(await services.questionPapers.page(subject, n)) }),
});

const pageImage = defineEndpoint({
  method: 'get',
  path: '/v1/question-papers/:id/pages/:n/image',
  tag,
  summary: 'The upright picture of a page of a question paper',
  auth: 'teacher',
  readCookie: true,
  params: pageParams,
  query: PageImageQuery,
  response: { status: 200, description: 'WebP with an immutable `ETag`', contentType: 'image/webp' },
  problems: ['404 QUESTION_PAPER_NOT_FOUND', '404 PAGE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.questionPaper(actor, id),
  handle: async ({ services, subject, params: { n }, query: { w } }) => {
    const answer = await services.questionPapers.pageImage(subject, n, w === undefined ? null : Number(w));
    return { send: (req, res) => sendFile(req, res, answer) };
  },
});

export const questionPaperEndpoints = [upload, get, confirm, page, pageImage];

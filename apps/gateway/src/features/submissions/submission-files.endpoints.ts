import { GradingsAnswer, type GradingView, Id, PageImageQuery, PageView } from '@gradeflow/contracts';
import type { Grading, ModelUsage } from '@gradeflow/database';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { sendFile } from '../../http/send-file.ts';
import { presentPage } from '../pages/page.presenter.ts';

const params = z.object({ id: Id });
const pageParams = params.extend({ n: z.coerce.number().int().min(1).max(100_000) });
const tag = 'Submissions';

function presentGrading({ modelUsage, ...grading }: Grading & { modelUsage?: ModelUsage[] }): z.infer<typeof GradingView> {
  const { id, grader, by, rubricVersion, score, maxScore, questions } = grading;
  const shown = { id, grader, by, rubricVersion, score, maxScore, createdAt: grading.createdAt.toISOString(), questions };
  return modelUsage ? { ...shown, modelUsage: modelUsage.map(({ submissionId: _, run: _run, ...usage }) => usage) } : shown;
}

const file = defineEndpoint({
  method: 'get',
  path: '/v1/submissions/:id/file',
  tag,
  summary: 'The original, for saving; several pictures come as one PDF of them',
  auth: 'user',
  readCookie: true,
  params,
  response: { status: 200, description: 'The bytes; `Range` works', contentType: 'application/octet-stream' },
  problems: ['404 SUBMISSION_NOT_FOUND', '404 FILE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject }) => {
    const hideNames = await services.anonymity.hides(actor, (subject.row ?? subject.manifest).assessmentId);
    const answer = await services.files.original(subject, { hideNames });
    return { send: (req, res) => sendFile(req, res, answer) };
  },
});

const page = defineEndpoint({
  method: 'get',
  path: '/v1/submissions/:id/pages/:n',
  tag,
  summary: 'What was read on a page: text, words and their boxes in pixels of its picture',
  auth: 'user',
  params: pageParams,
  response: { status: 200, schema: PageView, description: 'The page' },
  problems: ['404 SUBMISSION_NOT_FOUND', '404 PAGE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { n } }) => {
    const [page, screen] = await Promise.all([
      services.files.page(subject, n),
      services.anonymity.screen(actor, subject.row ?? subject.manifest),
    ]);
    return { body: presentPage(screen ? screen.page(page) : page) };
  },
});

const pageImage = defineEndpoint({
  method: 'get',
  path: '/v1/submissions/:id/pages/:n/image',
  tag,
  summary: 'The upright picture of a page',
  auth: 'user',
  readCookie: true,
  params: pageParams,
  query: PageImageQuery,
  response: { status: 200, description: 'WebP with an immutable `ETag`', contentType: 'image/webp' },
  problems: ['404 SUBMISSION_NOT_FOUND', '404 PAGE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { n }, query: { w } }) => {
    const screen = await services.anonymity.screen(actor, subject.row ?? subject.manifest);
    const answer = await services.files.pageImage(subject, n, w === undefined ? null : Number(w), screen);
    return { send: (req, res) => sendFile(req, res, answer) };
  },
});

const gradings = defineEndpoint({
  method: 'get',
  path: '/v1/submissions/:id/gradings',
  tag,
  summary: "Every grading and every person's decision, newest first",
  auth: 'user',
  params,
  response: { status: 200, schema: GradingsAnswer, description: 'All of them' },
  problems: ['404 SUBMISSION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject }) => ({
    body: { items: (await services.submissions.gradings(actor, subject)).map(presentGrading) },
  }),
});

export const submissionFileEndpoints = [file, page, pageImage, gradings];

import { Id, PutQuestionsAnswer, QuestionList } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { writeQuestionsCsv } from './question-csv.ts';
import { readQuestionsFile } from './read-questions-file.ts';
import { etagOf, wantedVersion } from './version-tag.ts';

const params = z.object({ id: Id });
const tag = 'Questions';

const exportQuestions = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/questions/export',
  tag,
  summary: 'The questions as a file, which import reads again: `{questions}` as JSON, or CSV with one row a criterion',
  auth: 'teacher',
  params,
  query: z.object({ format: z.enum(['json', 'csv']).default('json') }),
  response: { status: 200, description: 'The file; `application/json` or `text/csv`', contentType: 'application/octet-stream' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject, query: { format } }) => {
    const { questions, rubricVersion } = await services.assessments.questions(subject);
    const text = format === 'csv' ? await writeQuestionsCsv(questions) : `${JSON.stringify({ questions }, null, 2)}\n`;
    const headers = {
      ...etagOf(rubricVersion),
      'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="questions-${rubricVersion}.${format}"`,
    };
    return { headers, send: async (_req, res) => void res.end(text) };
  },
});

const importQuestions = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/questions/import',
  tag,
  summary:
    'Save a list from a file as the next version: a body of JSON or `text/csv`, or a form with a `file`; `preview` and `If-Match` as with PUT',
  auth: 'teacher',
  params,
  query: z.object({ preview: z.stringbool().optional() }),
  response: { status: 200, schema: PutQuestionsAnswer, description: 'As PUT answers' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '412 PRECONDITION_FAILED', '413 PAYLOAD_TOO_LARGE', '415 UNSUPPORTED_MEDIA_TYPE'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  readBody: readQuestionsFile,
  body: QuestionList,
  handle: async ({ services, actor, subject, query, body: list, req, createId }) => {
    const ifVersion = wantedVersion(req.get('If-Match'));
    if (query.preview === true) {
      const preview = await services.assessments.previewQuestions(subject, list, ifVersion);
      return { body: preview, headers: etagOf(subject.rubricVersion) };
    }
    const answer = await services.assessments.saveQuestions(actor, subject, list, ifVersion, {
      id: createId,
      action: 'questions.imported',
    });
    return { body: answer, headers: etagOf(answer.rubricVersion), after: () => services.assessments.wakeWaiting(subject) };
  },
});

export const questionFileEndpoints = [exportQuestions, importQuestions];

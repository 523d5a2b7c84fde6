import type { Test } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { recordSubmission } from '../record-submission.ts';
import { type Cases, unsure, type World } from './world.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const tus = (test: Test) => test.set('Tus-Resumable', '1.0.0');
const begin = ({ call, cast, pdf }: World): Test => {
  const fields = { filename: 'sheet.pdf', filetype: 'application/pdf', assessmentId: cast.assessment.id, purpose: 'submission' };
  const metadata = Object.entries(fields).map(([name, value]) => `${name} ${base64(value)}`);
  return tus(call('post', '/v1/uploads')).set('Upload-Length', String(pdf.length)).set('Upload-Metadata', metadata.join(','));
};
const begun = async (world: World): Promise<string> => (await world.ok(begin(world))).headers.location ?? '';

/** Uploads, sheets and their pages, decisions and doubts about them, reviews. */
export const submissionCases: Cases = {
  'post /v1/assessments/:id/submissions':
    async ({ call, cast, pdf }) =>
    () =>
      call('post', `/v1/assessments/${cast.assessment.id}/submissions`).attach('file', pdf, 'sheet.pdf'),
  'options /v1/uploads':
    async ({ call }) =>
    () =>
      tus(call('options', '/v1/uploads')),
  'post /v1/uploads': async (world) => () => begin(world),
  'head /v1/uploads/:uploadId': async (world) => {
    const path = await begun(world);
    return () => tus(world.call('head', path));
  },
  'patch /v1/uploads/:uploadId': async (world) => {
    const path = await begun(world);
    const type = 'application/offset+octet-stream';
    return () => tus(world.call('patch', path)).set({ 'Upload-Offset': '0', 'Content-Type': type }).send(world.pdf);
  },
  'delete /v1/uploads/:uploadId': async (world) => {
    const path = await begun(world);
    return () => tus(world.call('delete', path));
  },
  'get /v1/assessments/:id/submissions': async ({ call, sheets }) => {
    await sheets.sheet();
    return () => call('get', `/v1/assessments/${sheets.assessmentId}/submissions`);
  },
  'get /v1/submissions': async ({ call, studentsSheet }) => {
    await studentsSheet();
    return () => call('get', '/v1/submissions?mine=true', 'student');
  },
  'get /v1/submissions/:id': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}`, 'student');
  },
  'patch /v1/submissions/:id': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('patch', `/v1/submissions/${id}`).send({ label: 'Seat 12' });
  },
  'delete /v1/submissions/:id': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('delete', `/v1/submissions/${id}`);
  },
  'post /v1/submissions/:id/retry': async ({ call, gateway }) => {
    const { id } = await recordSubmission(gateway);
    await gateway.ports.database.submissions.fail({ id }, { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
    return () => call('post', `/v1/submissions/${id}/retry`);
  },
  'post /v1/submissions/:id/regrade': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('post', `/v1/submissions/${id}/regrade`);
  },
  'get /v1/submissions/:id/file': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}/file`, 'student').buffer(true);
  },
  'get /v1/submissions/:id/pages/:n': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}/pages/1`, 'student');
  },
  'get /v1/submissions/:id/pages/:n/image': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}/pages/1/image`, 'student').buffer(true);
  },
  'get /v1/submissions/:id/gradings': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}/gradings`);
  },
  'post /v1/submissions/:id/questions/:questionId/decision': async ({ call, sheets }) => {
    const { id } = await sheets.sheet();
    const body = { criteria: [{ criterionId: 'b', decision: 'MET' }] };
    return () => call('post', `/v1/submissions/${id}/questions/${sheets.question.id}/decision`).send(body);
  },
  'post /v1/submissions/:id/questions/:questionId/decision/revert': async ({ call, ok, sheets }) => {
    const { id, gradingId } = await sheets.sheet();
    const path = `/v1/submissions/${id}/questions/${sheets.question.id}/decision`;
    await ok(call('post', path).send({ criteria: [{ criterionId: 'b', decision: 'MET' }] }));
    return () => call('post', `${path}/revert`).send({ to: gradingId });
  },
  'get /v1/submissions/:id/questions/:questionId/answer': async ({ call, studentsSheet }) => {
    const { id, questionId } = await studentsSheet();
    return () => call('get', `/v1/submissions/${id}/questions/${questionId}/answer`);
  },
  'patch /v1/submissions/:id/questions/:questionId/answer': async ({ call, studentsSheet }) => {
    const { id, questionId } = await studentsSheet();
    const body = { words: [{ page: 1, index: 1, text: 'question' }] };
    return () => call('patch', `/v1/submissions/${id}/questions/${questionId}/answer`).send(body);
  },
  'post /v1/submissions/:id/regrade-requests': async ({ call, studentsSheet }) => {
    const { id, questionId } = await studentsSheet();
    return () => call('post', `/v1/submissions/${id}/regrade-requests`, 'student').send({ questionId, message: 'Please look again.' });
  },
  'get /v1/regrade-requests': async (world) => {
    await asked(world);
    return () => world.call('get', '/v1/regrade-requests');
  },
  'patch /v1/regrade-requests/:id': async (world) => {
    const id = await asked(world);
    return () => world.call('patch', `/v1/regrade-requests/${id}`).send({ status: 'REJECTED', reply: 'It is right.' });
  },
  'get /v1/reviews': async ({ call, sheets }) => {
    await sheets.sheet(unsure);
    return () => call('get', '/v1/reviews');
  },
  'post /v1/reviews/claim': async ({ call, sheets }) => {
    await sheets.sheet(unsure);
    return () => call('post', '/v1/reviews/claim').send({ assessmentId: sheets.assessmentId });
  },
  'post /v1/reviews/claims/:claimId/renew': async (world) => {
    const id = await claimed(world);
    return () => world.call('post', `/v1/reviews/claims/${id}/renew`);
  },
  'delete /v1/reviews/claims/:claimId': async (world) => {
    const id = await claimed(world);
    return () => world.call('delete', `/v1/reviews/claims/${id}`);
  },
  'get /v1/assessments/:id/questions/:qid/answers':
    async ({ sheets, call }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/questions/${sheets.question.id}/answers`),
  'get /v1/assessments/:id/agreement':
    async ({ sheets, call }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/agreement`),
  'get /v1/assessments/:id/questions/:qid/groups':
    async ({ sheets, call }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/questions/${sheets.question.id}/groups`),
  'post /v1/assessments/:id/questions/:qid/decisions': async (world) => {
    const submissionIds = await manySheets(world);
    const { sheets, call } = world;
    const body = { submissionIds, criteria: [{ criterionId: 'b', decision: 'MET' }] };
    return () => call('post', `/v1/assessments/${sheets.assessmentId}/questions/${sheets.question.id}/decisions`).send(body);
  },
  'post /v1/assessments/:id/decisions/:undoId/undo': async (world) => {
    const { body } = await world.sheets.spread(await manySheets(world));
    return () => world.call('post', `/v1/assessments/${world.sheets.assessmentId}/decisions/${body.undoId}/undo`);
  },
  'get /v1/assessments/:id/questions/:qid/snippets':
    async ({ sheets, call }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/questions/${sheets.question.id}/snippets`),
  'post /v1/assessments/:id/questions/:qid/snippets':
    async ({ sheets, call }) =>
    () =>
      call('post', `/v1/assessments/${sheets.assessmentId}/questions/${sheets.question.id}/snippets`).send({ text: 'Well argued.' }),
};

async function asked({ gateway, cast, studentsSheet }: World): Promise<string> {
  const { id: submissionId, questionId } = await studentsSheet();
  const request = { id: uuidv7(), submissionId, questionId, studentId: cast.student.id, message: 'Please look again.' };
  await gateway.ports.database.regradeRequests.insert(request);
  return request.id;
}

async function claimed({ call, ok, sheets }: World): Promise<string> {
  await sheets.sheet(unsure);
  return (await ok(call('post', '/v1/reviews/claim').send({ assessmentId: sheets.assessmentId }))).body.id;
}

/** So many that a tenth of a second for each would be seen. */
async function manySheets({ sheets }: World): Promise<string[]> {
  const ids: string[] = [];
  for (let group = 0; group < 6; group++) for (const { id } of await Promise.all([sheets.sheet(), sheets.sheet()])) ids.push(id);
  return ids;
}

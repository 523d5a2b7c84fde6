import { storageKeys } from '@gradeflow/storage';
import { proposalOf, readPaper, recordPaper } from '../record-paper.ts';
import { pictureOf } from '../sample-files.ts';
import { makeAssessment } from '../start-test-gateway.ts';
import type { Cases, World } from './world.ts';

const question = { number: '1', prompt: 'Why is the sky blue?', type: 'FREE_TEXT', maxScore: 3, lang: 'en' };
const ownAssessment = async ({ gateway, cast }: World) => (await makeAssessment(gateway.ports.database, cast.teacher, {})).id;

async function readyPaper(world: World): Promise<string> {
  const paper = await recordPaper(world.gateway, { assessmentId: await ownAssessment(world) });
  await world.gateway.ports.storage.putBytes(storageKeys.paperPicture(paper.id, 1), await pictureOf('webp'));
  await readPaper(world.gateway, paper, [proposalOf('1')]);
  return paper.id;
}

/** Assessments, their questions, papers and banks, reports. */
export const assessmentCases: Cases = {
  'get /v1/assessments':
    async ({ call }) =>
    () =>
      call('get', '/v1/assessments', 'student'),
  'post /v1/assessments':
    async ({ call }) =>
    () =>
      call('post', '/v1/assessments').send({ title: 'Optics', questions: [question] }),
  'get /v1/assessments/:id':
    async ({ call, cast }) =>
    () =>
      call('get', `/v1/assessments/${cast.assessment.id}`),
  'patch /v1/assessments/:id': async (world) => {
    const id = await ownAssessment(world);
    return () => world.call('patch', `/v1/assessments/${id}`).send({ title: 'Renamed', reviewBelow: 0.7 });
  },
  'delete /v1/assessments/:id': async (world) => {
    const id = await ownAssessment(world);
    return () => world.call('delete', `/v1/assessments/${id}`);
  },
  'get /v1/assessments/:id/questions':
    async ({ call, sheets }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/questions`),
  'put /v1/assessments/:id/questions': async (world) => {
    const id = await ownAssessment(world);
    return () => world.call('put', `/v1/assessments/${id}/questions`).send({ questions: [question] });
  },
  'get /v1/assessments/:id/rubric-versions':
    async ({ call, sheets }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/rubric-versions`),
  'get /v1/assessments/:id/rubric-versions/:n':
    async ({ call, sheets }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/rubric-versions/1`),
  'post /v1/assessments/:id/evaluate': async ({ call, sheets }) => {
    await sheets.sheet();
    return () => call('post', `/v1/assessments/${sheets.assessmentId}/evaluate`).send({});
  },
  'post /v1/assessments/:id/questions/try':
    async ({ call, cast }) =>
    () =>
      call('post', `/v1/assessments/${cast.assessment.id}/questions/try`).send({ question, answer: 'Because of scattering.' }),
  'post /v1/assessments/:id/release': async (world) => {
    const id = await ownAssessment(world);
    return () => world.call('post', `/v1/assessments/${id}/release`);
  },
  'post /v1/assessments/:id/unrelease': async (world) => {
    const id = await ownAssessment(world);
    await world.gateway.ports.database.releases.release(id, world.cast.teacher.id);
    return () => world.call('post', `/v1/assessments/${id}/unrelease`);
  },
  'get /v1/assessments/:id/questions/export':
    async ({ call, sheets }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/questions/export?format=csv`),
  'post /v1/assessments/:id/questions/import': async (world) => {
    const id = await ownAssessment(world);
    return () => world.call('post', `/v1/assessments/${id}/questions/import`).send({ questions: [question] });
  },
  'get /v1/question-banks': async ({ call, bank }) => {
    await bank();
    return () => call('get', '/v1/question-banks');
  },
  'post /v1/question-banks':
    async ({ call }) =>
    () =>
      call('post', '/v1/question-banks').send({ name: 'Waves' }),
  'patch /v1/question-banks/:id': async ({ call, bank }) => {
    const { id } = await bank();
    return () => call('patch', `/v1/question-banks/${id}`).send({ name: 'Sound' });
  },
  'delete /v1/question-banks/:id': async ({ call, bank }) => {
    const { id } = await bank();
    return () => call('delete', `/v1/question-banks/${id}`);
  },
  'get /v1/question-banks/:id/questions': async ({ call, bank }) => {
    const { id } = await bank();
    return () => call('get', `/v1/question-banks/${id}/questions`);
  },
  'post /v1/question-banks/:id/questions': async ({ call, bank }) => {
    const { id } = await bank();
    return () => call('post', `/v1/question-banks/${id}/questions`).send({ ...question, number: '2' });
  },
  'patch /v1/question-banks/:id/questions/:questionId': async ({ call, bank }) => {
    const { id, questionId } = await bank();
    return () => call('patch', `/v1/question-banks/${id}/questions/${questionId}`).send({ maxScore: 5 });
  },
  'delete /v1/question-banks/:id/questions/:questionId': async ({ call, bank }) => {
    const { id, questionId } = await bank();
    return () => call('delete', `/v1/question-banks/${id}/questions/${questionId}`);
  },
  'post /v1/assessments/:id/questions/from-bank': async (world) => {
    const [id, { questionId }] = [await ownAssessment(world), await world.bank()];
    return () => world.call('post', `/v1/assessments/${id}/questions/from-bank`).send({ questionIds: [questionId] });
  },
  'post /v1/assessments/:id/question-paper':
    async ({ call, cast, pdf }) =>
    () =>
      call('post', `/v1/assessments/${cast.assessment.id}/question-paper`).attach('file', pdf, 'paper.pdf'),
  'get /v1/question-papers/:id': async (world) => {
    const id = await readyPaper(world);
    return () => world.call('get', `/v1/question-papers/${id}`);
  },
  'post /v1/question-papers/:id/confirm': async (world) => {
    const id = await readyPaper(world);
    const proposals = [{ number: '1', prompt: 'Explain 1.', maxScore: 3 }];
    return () => world.call('post', `/v1/question-papers/${id}/confirm`).send({ proposals });
  },
  'get /v1/question-papers/:id/pages/:n': async (world) => {
    const id = await readyPaper(world);
    return () => world.call('get', `/v1/question-papers/${id}/pages/1`);
  },
  'get /v1/question-papers/:id/pages/:n/image': async (world) => {
    const id = await readyPaper(world);
    return () => world.call('get', `/v1/question-papers/${id}/pages/1/image`).buffer(true);
  },
  'post /v1/assessments/:id/reports':
    async ({ call, cast }) =>
    () =>
      call('post', `/v1/assessments/${cast.assessment.id}/reports`).send({ kind: 'marksheet', format: 'pdf' }),
  'get /v1/reports/:id': async (world) => {
    const id = await readyReport(world);
    return () => world.call('get', `/v1/reports/${id}`);
  },
  'get /v1/reports/:id/file': async (world) => {
    const id = await readyReport(world);
    return () => world.call('get', `/v1/reports/${id}/file`).buffer(true);
  },
};

async function readyReport({ call, cast, gateway, ok }: World): Promise<string> {
  const asked = call('post', `/v1/assessments/${cast.assessment.id}/reports`).send({ kind: 'marksheet', format: 'pdf' });
  const { id } = (await ok(asked)).body;
  await gateway.ports.storage.putBytes(storageKeys.report(id, 'pdf'), Buffer.from('%PDF-1.7 marks'));
  await gateway.ports.database.reports.setStatus(id, 'READY', { progress: 100 });
  return id;
}

import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let bankId: string;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  bankId = (await call('post', '/v1/question-banks', { name: 'Optics' })).body.id;
});

const question = (number: string, prompt = 'Why is the sky blue?') => ({ number, prompt, type: 'FREE_TEXT', maxScore: 3, lang: 'en' });

async function call(method: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object, user: User = gateway.cast.teacher) {
  const asked = request(gateway.app)
    [method](path)
    .set('Authorization', await gateway.as(user));
  return body === undefined ? asked : asked.send(body);
}

const add = async (number: string, prompt?: string) =>
  (await call('post', `/v1/question-banks/${bankId}/questions`, question(number, prompt))).body.id as string;

describe('question banks', () => {
  it('are made, renamed, listed and deleted; each read shows the last write', async () => {
    const names = async (user?: User) =>
      (await call('get', '/v1/question-banks', undefined, user)).body.items.map(({ name }: { name: string }) => name);
    expect((await names())[0]).toBe('Optics');
    expect(await names(gateway.cast.colleague)).toEqual([]);
    expect(await names(gateway.cast.admin)).toContain('Optics');
    expect((await call('patch', `/v1/question-banks/${bankId}`, { name: 'Waves' })).body).toMatchObject({
      id: bankId,
      name: 'Waves',
      questionCount: 0,
    });
    expect((await names())[0]).toBe('Waves');
    expect((await call('delete', `/v1/question-banks/${bankId}`)).status).toBe(204);
    expect(await names()).not.toContain('Waves');
    expect((await call('get', `/v1/question-banks/${bankId}/questions`)).body.code).toBe('QUESTION_BANK_NOT_FOUND');
  });

  it('keep questions, checked as those of an assessment are', async () => {
    const id = await add('1');
    const path = `/v1/question-banks/${bankId}/questions`;
    const list = async () => (await call('get', path)).body.items;
    expect(await list()).toEqual([expect.objectContaining({ id, number: '1', maxScore: 3, modelAnswers: [], rubric: null })]);
    expect((await call('patch', `${path}/${id}`, { modelAnswers: [{ text: 'Scattering', quality: 'best' }] })).status).toBe(200);
    // What is left out stays.
    const patched = await call('patch', `${path}/${id}`, { maxScore: 5 });
    expect(patched.body).toMatchObject({ id, number: '1', maxScore: 5, modelAnswers: [{ text: 'Scattering' }] });
    expect(await list()).toEqual([patched.body]);
    expect((await call('patch', `${path}/${id}`, { maxScore: -1 })).body).toMatchObject({ status: 400, errors: [{ path: '/maxScore' }] });
    expect((await call('patch', `${path}/${id}`, { id: uuidv7() })).status).toBe(400);
    expect(
      (
        await call('post', path, {
          ...question('2'),
          rubric: { scoring: 'positive', step: 1, floor: 0, criteria: [{ id: 'c', description: 'x', points: 1 }] },
        })
      ).status,
    ).toBe(400);
    expect((await call('delete', `${path}/${id}`)).status).toBe(204);
    expect(await list()).toEqual([]);
    for (const method of ['patch', 'delete'] as const)
      expect((await call(method, `${path}/${id}`, method === 'patch' ? question('1') : undefined)).body.code).toBe(
        'BANK_QUESTION_NOT_FOUND',
      );
  });

  it('give copies to an assessment: behind its questions, with a free number, again and again', async () => {
    const ids = [await add('1'), await add('7', 'What is refraction?')];
    const path = `/v1/assessments/${gateway.cast.assessment.id}/questions`;
    await call('post', `${path}/from-bank`, { questionIds: ids });
    const answer = await call('post', `${path}/from-bank`, { questionIds: ids });
    expect(answer.status).toBe(200);
    expect(answer.body.questions.map(({ number }: { number: string }) => number)).toEqual(['1', '7', '3', '4']);
    expect(new Set([...ids, ...answer.body.questions.map(({ id }: { id: string }) => id)]).size).toBe(6);
    expect((await call('get', path)).body).toEqual(answer.body);
    const late = await call('post', `${path}/from-bank`, { questionIds: ids }).then(async () =>
      request(gateway.app)
        .post(`${path}/from-bank`)
        .set({ Authorization: await gateway.as(gateway.cast.teacher), 'If-Match': '"1"' })
        .send({ questionIds: ids }),
    );
    expect(late.status).toBe(412);
  });

  it('of a colleague, another institution, or nobody are not to be copied from', async () => {
    const id = await add('1');
    const { colleague, colleaguesAssessment } = gateway.cast;
    const path = `/v1/assessments/${colleaguesAssessment.id}/questions/from-bank`;
    expect((await call('post', path, { questionIds: [id] }, colleague)).body).toMatchObject({
      status: 404,
      code: 'BANK_QUESTION_NOT_FOUND',
    });
    expect((await call('post', path, { questionIds: [id] }, gateway.cast.admin)).status).toBe(200);
  });
});

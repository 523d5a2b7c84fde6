import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { decideOne, makeQuestionSheets, type QuestionSheets } from '../../testing/question-sheets.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let sheets: QuestionSheets;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  sheets = await makeQuestionSheets(gateway);
});

const add = (text: string) => sheets.call('post', `/questions/${sheets.question.id}/snippets`, { text });
const list = async (query = '') => (await sheets.call('get', `/questions/${sheets.question.id}/snippets${query}`)).body;
const texts = (body: { items: Array<{ text: string; uses: number }> }) => body.items.map(({ text, uses }) => [text, uses]);

it('keeps a text once, whoever adds it and with whatever blanks', async () => {
  const first = await add('Say  why.');
  expect([first.status, first.body]).toMatchObject([201, { text: 'Say why.', uses: 0 }]);
  const again = await Promise.all([add(' Say why. '), add('Say why.\n'), add('Say why.')]);
  expect(again.map(({ status, body }) => [status, body.id])).toEqual([201, 201, 201].map((status) => [status, first.body.id]));
  await add('Say how.');
  expect(texts(await list()).toSorted()).toEqual([
    ['Say how.', 0],
    ['Say why.', 0],
  ]);
  const others = await makeQuestionSheets(gateway);
  expect((await others.call('get', `/questions/${others.question.id}/snippets`)).body.items).toEqual([]);
});

it('takes 2,000 characters of any script, no more and not none, of a question that is there', async () => {
  expect((await add('ж'.repeat(2_000))).status).toBe(201);
  const random = Array.from({ length: 2_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('');
  expect((await add(random)).body.text).toBe(random);
  expect((await add('x'.repeat(2_001))).body.errors).toMatchObject([{ path: '/text' }]);
  expect((await add(' \n ')).body.errors).toMatchObject([{ path: '/text' }]);
  expect((await add('a\0b')).body.text).toBe('a\uFFFDb');
  expect((await sheets.call('post', `/questions/${uuidv7()}/snippets`, { text: 'x' })).body.code).toBe('QUESTION_NOT_FOUND');
});

it('counts decisions in whose feedback it stands, one over many sheets as one, and puts the most used first', async () => {
  for (const text of ['Say why.', 'Say how.', 'Name it.']) await add(text);
  const made = await Promise.all(Array.from({ length: 4 }, () => sheets.sheet()));
  const { teacher } = gateway.cast;
  const [single, ...rest] = made.map(({ id }) => id);
  await decideOne(gateway, single as string, sheets.question.id, { feedback: 'Good. Say how. Say how.' }, teacher);
  await decideOne(gateway, single as string, sheets.question.id, { adjustment: 0.5 }, teacher);
  await sheets.spread(rest, { feedback: 'Say how.\nName it.' });
  await sheets.spread(rest, { feedback: 'Say how.\nName it.' });
  await gateway.services.background.drained();
  const all = await list();
  expect(texts(all)).toEqual([
    ['Say how.', 2],
    ['Name it.', 1],
    ['Say why.', 0],
  ]);
  const page = await list('?limit=2');
  expect(texts(await list(`?limit=2&cursor=${page.nextCursor}`))).toEqual([['Say why.', 0]]);
  expect((await sheets.call('get', `/questions/${sheets.question.id}/snippets?cursor=x`)).status).toBe(400);
});

it('keeps at most 500 of a question, and still gives the ones that are there', async () => {
  const place = { assessmentId: sheets.assessmentId, questionId: sheets.question.id };
  const { snippets } = gateway.ports.database;
  for (let n = 0; n < 500; n++) await snippets.insert(place, { id: uuidv7(), text: `text ${n}`, by: gateway.cast.teacher.id });
  expect((await add('one more')).body.code).toBe('TOO_MANY_SNIPPETS');
  expect((await add('text 7')).status).toBe(201);
});

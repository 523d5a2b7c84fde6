import { neutralName } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let sheet: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  const { teacher, student, assessment, colleague, colleaguesAssessment } = gateway.cast;
  const { database } = gateway.ports;
  await database.assessments.update(assessment.id, { title: 'Photosynthesis in May' });
  await database.assessments.update(colleaguesAssessment.id, { title: 'Photosynthesis again' });
  sheet = (await recordSubmission(gateway, { studentId: student.id })).id;
  await database.submissions.update(sheet, { label: 'Photosynthesis sheet of Kim' });
  const question = { number: '1(a)', prompt: 'Describe photosynthesis and light.', type: 'FREE_TEXT', maxScore: 2, lang: 'en' } as const;
  const rest = { modelAnswers: [], rubric: null, exemplars: [] };
  await database.assessments.saveQuestions(assessment.id, [{ ...question, ...rest, id: colleague.id }], teacher.id);
  const bank = await gateway.services.questionBanks.create({ ...colleague, userId: colleague.id }, uuidv7(), 'Plants');
  await gateway.services.questionBanks.addQuestion(bank, uuidv7(), { ...question, ...rest });
});
afterAll(() => gateway.close());

async function search(user: User, query: string) {
  const answer = await request(gateway.app)
    .get(`/v1/search?${query}`)
    .set('Authorization', await gateway.as(user));
  return answer.body;
}
const typesOf = async (user: User, q = 'photosynthesis') =>
  (await search(user, `q=${q}`)).items.map(({ type, title }: { type: string; title: string }) => `${type}: ${title}`).sort();

describe('search', () => {
  it('finds what one may see, and nothing else', async () => {
    const { admin, teacher, colleague, student, otherStudent, stranger } = gateway.cast;
    const [mine, theirs] = ['assessment: Photosynthesis in May', 'assessment: Photosynthesis again'];
    const [ofTest, ofBank] = ['question: Photosynthesis in May · 1(a)', 'question: Plants · 1(a)'];
    const found = 'submission: Photosynthesis sheet of Kim';
    expect(await typesOf(admin)).toEqual([mine, theirs, ofTest, ofBank, found].sort());
    expect(await typesOf(teacher)).toEqual([mine, ofTest, found].sort());
    expect(await typesOf(colleague)).toEqual([theirs, ofBank].sort());
    expect(await typesOf(student)).toEqual([mine, found].sort());
    expect(await typesOf(otherStudent)).toEqual([theirs]);
    expect(await typesOf(stranger)).toEqual([]);
  });

  it('finds people of one’s courses; admins find all of the institution', async () => {
    const { admin, teacher, colleague, student, stranger } = gateway.cast;
    const people = async (user: User, q: string) => (await search(user, `type=user&q=${q}`)).items.map(({ id }: { id: string }) => id);
    expect(await people(teacher, 'student')).toEqual([student.id]);
    expect(await people(colleague, 'student')).toEqual([]);
    expect(await people(admin, 'colleague')).toEqual([colleague.id]);
    expect(await people(admin, 'stranger')).toEqual([]);
    expect(await people(stranger, 'teacher')).toEqual([]);
    expect(await people(student, 'teacher')).toEqual([]);
  });

  it('wants all words, takes what people type as words, shows a snippet, pages', async () => {
    const { admin } = gateway.cast;
    expect((await search(admin, 'q=photosynthesis+light')).items).toEqual([
      expect.objectContaining({ type: 'question', snippet: 'Describe photosynthesis and light.', score: expect.any(Number) }),
      expect.objectContaining({ type: 'question' }),
    ]);
    for (const hostile of ["'; DROP TABLE assessment; --", '& | ! ( :*', '\u0000x', '"unclosed'])
      expect((await search(admin, `q=${encodeURIComponent(hostile)}`)).items).toEqual([]);
    expect((await search(admin, 'q=%20')).status).toBe(400);
    const seen: string[] = [];
    for (let cursor = '', pages = 0; pages < 10; pages++) {
      const page = await search(admin, `q=photosynthesis&limit=2${cursor}`);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  it('does not tell whose an anonymous sheet is, except to whose it is', async () => {
    const { database } = gateway.ports;
    const { teacher, student, assessment } = gateway.cast;
    await database.assessments.update(assessment.id, { anonymous: true });
    expect(await typesOf(teacher, 'kim')).toEqual([]);
    expect(await typesOf(student, 'kim')).toEqual(['submission: Photosynthesis sheet of Kim']);
    const dashboard = await request(gateway.app)
      .get('/v1/dashboard')
      .set('Authorization', await gateway.as(teacher));
    expect(dashboard.body.recent[0]).toMatchObject({ id: sheet, student: null, label: neutralName(sheet) });
    await database.assessments.update(assessment.id, { anonymous: false });
  });

  it('answers from an index: a deleted assessment is gone at once', async () => {
    const { teacher } = gateway.cast;
    const own = await makeAssessment(gateway.ports.database, teacher, {});
    await gateway.ports.database.assessments.update(own.id, { title: 'Ephemeral quiz' });
    expect(await typesOf(teacher, 'ephemeral')).toEqual(['assessment: Ephemeral quiz']);
    await gateway.ports.database.assessments.remove(own.id);
    expect(await typesOf(teacher, 'ephemeral')).toEqual([]);
  });
});

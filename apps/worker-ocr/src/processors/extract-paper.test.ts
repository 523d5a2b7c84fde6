import { UnavailableError } from '@gradeflow/errors';
import { storageKeys } from '@gradeflow/storage';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createPaperTest, type PaperTest, typedPaper } from '../testing/paper-test.ts';

const patient = 60_000;
let test: PaperTest;
let bytes: Buffer;
beforeAll(async () => {
  test = await createPaperTest();
  bytes = await typedPaper([
    ['Biology', 'Total: 10 marks', '1. State two uses of water in a leaf. [2]', '2. Explain why plants are green. [3]'],
    ['3. Answer both parts.', '(a) Define osmosis. [2]', '(b) Describe how a root takes up water. [3]'],
  ]);
});
afterAll(() => test.close());

const statusOf = (id: string, status: string) =>
  waitFor(async () => [await test.database.questionPapers.find(id)].find((paper) => paper?.status === status), {
    timeoutMs: 30_000,
    what: `a ${status} paper`,
  });

it(
  'proposes the questions of all pages, moves every file to the storage, and leaves the spool',
  async () => {
    const id = await test.accept(bytes, 2);
    await test.enqueue(id);
    const paper = await statusOf(id, 'READY');
    expect(paper.analysis?.proposals.map(({ number, maxScore, page }) => [number, maxScore, page])).toEqual([
      ['1', 2, 1],
      ['2', 3, 1],
      ['3(a)', 2, 2],
      ['3(b)', 3, 2],
    ]);
    expect(paper.analysis?.total).toEqual({ stated: 10, sum: 10 });
    expect(paper.analysis?.proposals[0]?.prompt).toContain('two uses of water');
    await waitFor(async () => (await test.spool.findManifest(id)) === null, { what: 'the empty spool' });
    expect(await test.storage.readBytes(storageKeys.paperOriginal(id, 'original/1.pdf'))).toEqual(bytes);
    expect(await test.storage.find(storageKeys.paperPicture(id, 2))).not.toBeNull();
    const page = await test.database.questionPapers.findPage(id, 2);
    expect([page?.engine, page?.text.includes('osmosis')]).toEqual(['text-layer', true]);
    expect(await test.database.submissions.find(id)).toBeNull();
  },
  patient,
);

it(
  'reads on while Postgres is silent, and is written once although its last step ran before',
  async () => {
    const id = await test.accept(bytes, 2);
    const { record } = test.seams;
    let asked = 0;
    test.seams.record = async (manifest) => {
      asked += 1;
      if (asked <= 2) throw new UnavailableError({ code: 'POSTGRES_UNAVAILABLE', detail: 'The database does not answer.' });
      return record(manifest);
    };
    await test.enqueue(id);
    await statusOf(id, 'READY');
    test.seams.record = record;
    expect(asked).toBeGreaterThanOrEqual(3);
    await waitFor(async () => (await test.stateOf(id)) === 'completed', { what: 'the end of the job' });
    const { updatedAt } = await statusOf(id, 'READY');
    await test.enqueue(id, 2);
    await waitFor(async () => (await test.stateOf(id, 2)) === 'completed', { what: 'the end of the second job' });
    expect((await statusOf(id, 'READY')).updatedAt).toEqual(updatedAt);
  },
  patient,
);

it.each([
  ['an assessment that is not there', 'ASSESSMENT_NOT_FOUND', () => ({ assessmentId: '00000000-0000-7000-8000-000000000000' })],
  ['a teacher of other courses', 'FORBIDDEN', () => ({ userId: test.school.people.outsideTeacher })],
  ['a student of the course', 'FORBIDDEN', () => ({ userId: test.school.people.student, userRole: 'STUDENT' as const })],
])(
  'refuses %s before anything is read',
  async (_what, code, over) => {
    const id = await test.accept(bytes, 2, over());
    await test.enqueue(id);
    expect(await statusOf(id, 'FAILED')).toMatchObject({ reasonCode: code, reasonDetail: expect.stringMatching(/^[A-Z].*\.$/) });
    expect(await test.spool.listPages(id)).toEqual([]);
  },
  patient,
);

it(
  'fails in words when not one page can be read',
  async () => {
    const id = await test.accept(Buffer.from('%PDF-1.7\nbroken'), 1);
    await test.enqueue(id);
    expect(await statusOf(id, 'FAILED')).toMatchObject({
      reasonCode: 'PAPER_UNREADABLE',
      reasonDetail: expect.stringMatching(/^No page of the question paper could be read\. ./),
    });
  },
  patient,
);

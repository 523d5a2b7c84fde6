import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addAssessment, newSubmission, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';

let scratch: ScratchDatabase;
let database: Database;
let school: School;
let assessmentId: string;
const ids: Record<string, string> = {};
const query = { stillMs: 60_000, ownFaults: ['PDF_UNREADABLE'] };
const backdate = (table: string, name: string, minutes: number) =>
  scratch.query(`UPDATE ${table} SET updated_at = now() - $2 * interval '1 minute' WHERE id = $1`, [ids[name], minutes]);

beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  school = await seedSchool(database);
  assessmentId = await addAssessment(database, school.teacher);
  const submission = async (name: string, minutes: number) => {
    const row = await database.submissions.record(newSubmission(school, assessmentId));
    ids[name] = row.id;
    await backdate('submission', name, minutes);
    return row.id;
  };
  await submission('old', 30);
  await submission('fresh', 0);
  await database.stages.start(await submission('step under way', 40), 'extract', new Date(), 1);
  await database.submissions.fail({ id: await submission('lost', 1) }, { code: 'GAVE_UP', detail: 'The sheet was started 1000 times.' });
  await database.submissions.fail({ id: await submission('unreadable', 1) }, { code: 'PDF_UNREADABLE', detail: 'No PDF.' });
  await database.submissions.markDeleted(await submission('deleted', 50));
  const { studentId: _, ...paper } = newSubmission(school, assessmentId);
  ids.paper = (await database.questionPapers.record(paper)).id;
  await backdate('question_paper', 'paper', 20);
  for (const [name, minutes] of [
    ['report', 10],
    ['failed report', 20_000],
  ] as const) {
    const { institutionId, teacher } = school;
    const owner = { institutionId, assessmentId, createdBy: teacher.userId, studentId: null };
    ids[name] = (await database.reports.insert({ id: randomUUID(), ...owner, kind: 'marksheet', format: 'pdf' })).id;
    if (name === 'failed report') await database.reports.setStatus(ids[name], 'FAILED', { reason: 'no' });
    await backdate('report', name, minutes);
  }
});
afterAll(() => scratch.drop());

it('lists what has not moved, longest first, and what failed by no fault of its own', async () => {
  const { items, nextCursor } = await database.standstills.list({ ...query, limit: 10 });
  expect(items.map(({ kind, id, status }) => [kind, id, status])).toEqual([
    ['submission', ids.old, 'PROCESSING'],
    ['question-paper', ids.paper, 'PROCESSING'],
    ['report', ids.report, 'QUEUED'],
    ['submission', ids.lost, 'FAILED'],
  ]);
  expect(nextCursor).toBeNull();
  expect(items.at(-1)).toMatchObject({
    reasonCode: 'GAVE_UP',
    institution: { id: school.institutionId, name: 'School' },
    assessment: { id: assessmentId, title: 'Test' },
    run: 1,
  });
  expect(await database.standstills.count(query)).toBe(4);
});

it('gives each once over pages, and refuses the cursor of another list', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await database.standstills.list({ ...query, limit: 1, cursor });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([ids.old, ids.paper, ids.report, ids.lost]);
  await expect(database.standstills.list({ ...query, limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({ status: 400 });
});

it('tells which ids have a row, deleted ones too', async () => {
  const named = [ids.old, ids.paper, ids.deleted, randomUUID()].filter((id) => id !== undefined);
  expect(await database.standstills.known(named)).toEqual(new Set(named.slice(0, 3)));
});

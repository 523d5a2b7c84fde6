import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Actor } from '../access.ts';
import { addAssessment, newSubmission, question, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';

let scratch: ScratchDatabase;
let database: Database;
let assessments: Database['assessments'];
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  assessments = database.assessments;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

describe('who sees which assessments', () => {
  it('is decided by role: admins all, teachers their courses’ and their own, students their courses’, other institutions none', async () => {
    const other = await seedSchool(database);
    const inCourse = await addAssessment(database, school.admin, { courseId: school.courseId });
    const ofTeacher = await addAssessment(database, school.teacher);
    const ofColleague = await addAssessment(database, school.colleague);
    const removed = await addAssessment(database, school.teacher, { courseId: school.courseId });
    await assessments.remove(removed);
    const seenBy = async (actor: Actor) => (await assessments.listFor(actor, { limit: 50 })).items.map(({ id }) => id).sort();
    expect(await seenBy(school.admin)).toEqual([inCourse, ofTeacher, ofColleague].sort());
    expect(await seenBy(school.teacher)).toEqual([inCourse, ofTeacher].sort());
    expect(await seenBy(school.colleague)).toEqual([ofColleague]);
    expect(await seenBy(school.student)).toEqual([inCourse]);
    expect(await seenBy(other.admin)).toEqual([]);
    expect(await seenBy({ ...school.teacher, institutionId: other.institutionId })).toEqual([]);
    const { items } = await assessments.listFor(school.teacher, { limit: 50, courseId: school.courseId });
    expect(items.map(({ id }) => id)).toEqual([inCourse]);
  });

  it('comes newest first in pages without gaps or repetitions, also where all are of one moment', async () => {
    const { admin } = await seedSchool(database);
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) ids.push(await addAssessment(database, admin));
    await scratch.query(`UPDATE assessment SET created_at = '2026-01-01' WHERE id = ANY ($1)`, [ids.slice(0, 5)]);
    await scratch.query(`UPDATE assessment SET created_at = '2026-01-02' WHERE id = $1`, [ids[5]]);
    const walked: string[] = [];
    let cursor: string | undefined;
    do {
      const list = await assessments.listFor(admin, { limit: 2, cursor });
      walked.push(...list.items.map(({ id }) => id));
      cursor = list.nextCursor ?? undefined;
    } while (cursor !== undefined && walked.length <= ids.length);
    const [older, newer] = [ids.slice(0, 5), ids.slice(5)];
    expect(walked).toEqual([...newer.reverse(), ...older.sort().reverse()]);
  });
});

describe('questions', () => {
  it('get a version for each save: of many who save over the same version one wins, the others are told', async () => {
    const first = question('1', 2);
    const id = await addAssessment(database, school.teacher, { questions: [first] });
    expect(await assessments.find(id)).toMatchObject({ rubricVersion: 1, maxScore: 2 });
    const lists = Array.from({ length: 8 }, (_, index) => [question('1', index + 1)]);
    const save = (list: (typeof lists)[number]) => assessments.saveQuestions(id, list, school.teacher.userId, 1);
    const outcomes = await Promise.allSettled(lists.map(save));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([{ status: 'fulfilled', value: 2 }]);
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
    expect(refusals).toEqual(Array(7).fill(expect.objectContaining({ code: 'PRECONDITION_FAILED', status: 412 })));
    const winner = lists[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    expect(await assessments.findQuestions(id)).toEqual({ questions: winner, rubricVersion: 2 });
    expect(await assessments.find(id)).toMatchObject({ rubricVersion: 2, maxScore: winner?.[0]?.maxScore });
    expect(await assessments.findQuestions(id, 1)).toEqual({ questions: [first], rubricVersion: 1 });
    expect(await assessments.findQuestions(id, 3)).toBeNull();
  });

  it('all get a version when nobody names the one before; none is the empty list of version 0', async () => {
    const id = await addAssessment(database, school.teacher);
    expect(await assessments.findQuestions(id)).toEqual({ questions: [], rubricVersion: 0 });
    const versions = await Promise.all(
      [1, 2, 3, 4].map((score) => assessments.saveQuestions(id, [question('1', score)], school.teacher.userId)),
    );
    expect(versions.toSorted()).toEqual([1, 2, 3, 4]);
    const unknown = assessments.saveQuestions(randomUUID(), [], school.teacher.userId);
    await expect(unknown).rejects.toMatchObject({ code: 'ASSESSMENT_NOT_FOUND' });
  });
});

describe('remove', () => {
  it('is refused while submissions exist; afterwards nothing finds the assessment', async () => {
    const id = await addAssessment(database, school.teacher, { questions: [question('1', 1)] });
    const submission = await database.submissions.record(newSubmission(school, id));
    await expect(assessments.remove(id)).rejects.toMatchObject({ code: 'ASSESSMENT_IN_USE', status: 409 });
    await database.submissions.markDeleted(submission.id);
    await assessments.remove(id);
    expect([await assessments.find(id), await assessments.findQuestions(id)]).toEqual([null, null]);
    for (const attempt of [
      () => assessments.remove(id),
      () => assessments.update(id, { title: 'x' }),
      () => assessments.saveQuestions(id, [], school.teacher.userId),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ASSESSMENT_NOT_FOUND' });
    }
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';

let scratch: ScratchDatabase;
let database: Database;
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

describe('users and courses', () => {
  it('have one account for an e-mail address, however it is written', async () => {
    const user = { institutionId: school.institutionId, name: 'Eve', role: 'TEACHER', passwordHash: '$argon2id$…' } as const;
    const id = randomUUID();
    await database.users.insert({ ...user, id, email: 'Eve@Example.org' });
    expect(await database.users.findByEmail('eVE@example.ORG')).toEqual({ ...user, id, email: 'eve@example.org' });
    await expect(database.users.insert({ ...user, id: randomUUID(), email: 'eve@example.org' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      status: 409,
    });
    await expect(database.users.findByEmail('e\0ve')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('know their people: adding twice is no fault, adding nobody is', async () => {
    const { courses } = database;
    await courses.enrol(school.courseId, school.student.userId);
    await courses.addTeacher(school.courseId, school.teacher.userId);
    expect(await courses.isEnrolled(school.courseId, school.student.userId)).toBe(true);
    expect(await courses.isTeacher(school.courseId, school.teacher.userId)).toBe(true);
    expect(await courses.isTeacher(school.courseId, school.colleague.userId)).toBe(false);
    await expect(courses.enrol(school.courseId, randomUUID())).rejects.toMatchObject({ code: 'REFERENCE_NOT_FOUND' });
    expect(await database.institutions.findFirst()).toEqual({ id: school.institutionId, name: 'School' });
  });
});

describe('students of a course', () => {
  it('are told with their roll numbers, where they have one', async () => {
    const { userId } = school.student;
    await database.courses.enrol(school.courseId, userId);
    const student = { name: 'Sam 100% Student', email: `${userId}@example.org` };
    expect(await database.courses.listStudents(school.courseId)).toEqual([{ ...student, rollNumber: null }]);
    await scratch.query(`UPDATE enrolment SET roll_number = '2021-CS-045' WHERE user_id = $1`, [userId]);
    expect(await database.courses.listStudents(school.courseId)).toEqual([{ ...student, rollNumber: '2021-CS-045' }]);
  });
});

describe('rotate', () => {
  const now = new Date(Date.UTC(2026, 0, 1));
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const family = async () => {
    const id = randomUUID();
    const rest = { currentHash: 'first', device: null, address: null, expiresAt: later(3600) };
    await database.refreshFamilies.insert({ id, userId: school.teacher.userId, ...rest });
    const rotate = async (presentedHash: string, nextHash: string, seconds = 0) =>
      (await database.refreshFamilies.rotate({ familyId: id, presentedHash, nextHash, now: later(seconds) })).outcome;
    return { id, rotate };
  };

  it('lets one of twenty simultaneous presentations through and treats the others as the same person', async () => {
    const { rotate } = await family();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => rotate('first', `next${index}`)));
    expect(outcomes.toSorted()).toEqual([...Array(19).fill('grace'), 'rotated']);
    expect(await rotate(`next${outcomes.indexOf('rotated')}`, 'third', 5)).toBe('rotated');
  });

  it('ends the family when an older token comes back after the grace, so that the newest is worthless too', async () => {
    const { rotate } = await family();
    expect([await rotate('first', 'second', 0), await rotate('first', 'x', 10), await rotate('first', 'x', 11)]).toEqual([
      'rotated',
      'grace',
      'reused',
    ]);
    expect(await rotate('second', 'third', 12)).toBe('unknown');
  });

  it('ends it at once for a token two rotations old; knows no expired, revoked or strange family', async () => {
    const old = await family();
    expect([await old.rotate('first', 'second'), await old.rotate('second', 'third'), await old.rotate('first', 'x')]).toEqual([
      'rotated',
      'rotated',
      'reused',
    ]);
    expect(await (await family()).rotate('first', 'second', 3600)).toBe('unknown');
    const revoked = await family();
    await database.refreshFamilies.revoke(revoked.id);
    expect(await revoked.rotate('first', 'second')).toBe('unknown');
    const strange = { familyId: randomUUID(), presentedHash: 'a', nextHash: 'b', now };
    expect(await database.refreshFamilies.rotate(strange)).toEqual({ outcome: 'unknown', userId: null });
  });
});

describe('reports', () => {
  it('are found again while they are unfinished', async () => {
    const { reports, assessments } = database;
    const settings = { anonymous: false, release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0, regradeUntil: null } as const;
    const assessmentId = randomUUID();
    const rest = {
      institutionId: school.institutionId,
      courseId: null,
      createdBy: school.teacher.userId,
      title: 'T',
      languages: ['eng', 'deu'],
    };
    expect(await assessments.insert({ id: assessmentId, ...rest, ...settings }, null)).toMatchObject({
      ...rest,
      ...settings,
      releasedAt: null,
    });
    const owner = { institutionId: school.institutionId, assessmentId, createdBy: school.teacher.userId, studentId: null };
    const report = await reports.insert({ id: randomUUID(), ...owner, kind: 'marksheet', format: 'pdf' });
    expect(report).toMatchObject({ status: 'QUEUED', progress: 0, reason: null });
    await reports.setStatus(report.id, 'RUNNING', { progress: 40 });
    expect(await reports.listUnfinished(-60_000, 10)).toMatchObject([{ id: report.id, status: 'RUNNING', progress: 40 }]);
    expect(await reports.listUnfinished(60_000, 10)).toEqual([]);
    await reports.setStatus(report.id, 'FAILED', { reason: 'No grades yet.' });
    expect(await reports.listUnfinished(-60_000, 10)).toEqual([]);
    expect(await reports.find(report.id)).toMatchObject({ status: 'FAILED', progress: 40, reason: 'No grades yet.' });
    await expect(reports.setStatus(randomUUID(), 'READY')).rejects.toMatchObject({ code: 'REPORT_NOT_FOUND' });
  });
});

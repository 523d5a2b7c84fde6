import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir, createTestDatabase, type TestDatabase } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verify } from '@node-rs/argon2';
import { seedDemo } from './seed-demo.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let test: TestDatabase;
beforeEach(async () => {
  folder = await createTempDir();
  test = await createTestDatabase();
});
afterEach(async () => {
  await test.drop();
  await folder.remove();
});

const seed = () => seedDemo({ database: test.database, dataDir: folder.path, url: 'http://localhost:3000', log: () => {} });

describe('seedDemo', () => {
  it('makes an institution in which the teacher teaches the student’s course, and a demo.json for its owner alone', async () => {
    const { created, demo } = await seed();
    expect(created).toBe(true);
    const file = path.join(folder.path, 'demo.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(demo);
    expect(demo?.accounts.map(({ role }) => role)).toEqual(['ADMIN', 'TEACHER', 'STUDENT']);
    const [teacher, student] = await Promise.all(['TEACHER', 'STUDENT'].map((role) => findUser(demo, role)));
    expect(await verify(teacher?.passwordHash ?? '', demo?.accounts[1]?.password ?? '')).toBe(true);
    expect(teacher?.passwordHash).toContain('argon2id$v=19$m=19456,t=2,p=1');
    expect(await test.database.courses.isTeacher(demo?.courseId ?? '', teacher?.id ?? '')).toBe(true);
    expect(await test.database.courses.isEnrolled(demo?.courseId ?? '', student?.id ?? '')).toBe(true);
    expect(await test.database.assessments.find(demo?.assessmentId ?? '')).toMatchObject({ maxScore: 12, courseId: demo?.courseId });
  });

  it('changes nothing on a second run', async () => {
    const first = await seed();
    expect(await seed()).toEqual({ created: false, demo: first.demo });
  });

  it('finishes what a run that broke off has begun, with the same passwords', async () => {
    const { assessments } = test.database;
    const broken = {
      ...test.database,
      assessments: { ...assessments, find: assessments.find, insert: () => Promise.reject(new Error('power cut')) },
    };
    await expect(seedDemo({ database: broken, dataDir: folder.path, url: 'http://localhost:3000', log: () => {} })).rejects.toThrow(
      'power cut',
    );
    const { created, demo } = await seed();
    expect(created).toBe(true);
    const admin = await findUser(demo, 'ADMIN');
    expect(await verify(admin?.passwordHash ?? '', demo?.accounts[0]?.password ?? '')).toBe(true);
    expect(await assessments.find(demo?.assessmentId ?? '')).not.toBeNull();
  });

  it('leaves an installation with an institution of its own alone', async () => {
    await test.database.institutions.insert({ id: '01890000-0000-7000-8000-000000000001', name: 'Real School' });
    expect(await seed()).toEqual({ created: false, demo: null });
    expect(await test.database.users.findByEmail('teacher@demo.example')).toBeNull();
  });
});

function findUser(demo: Awaited<ReturnType<typeof seed>>['demo'], role: string) {
  return test.database.users.findByEmail(demo?.accounts.find((account) => account.role === role)?.email ?? '');
}

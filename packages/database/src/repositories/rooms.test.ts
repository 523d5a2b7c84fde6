import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addAssessment, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';

let scratch: ScratchDatabase;
let school: School;
let assessmentId: string;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  school = await seedSchool(scratch.database);
  assessmentId = await addAssessment(scratch.database, school.teacher, { courseId: school.courseId });
});
afterAll(() => scratch.drop());

const insert = (pin: string, maxOpen = 1_000, id: string = randomUUID()) => {
  const { userId: createdBy, institutionId } = school.teacher;
  return scratch.database.rooms.insert({ id, pin, institutionId, assessmentId, createdBy, minutes: 5, maxOpen });
};
const join = (id: string, userId: string, displayName: string, maxParticipants = 10) =>
  scratch.database.rooms.join({ id, userId, displayName, maxParticipants });
const find = (pin: string) => scratch.database.rooms.findOpen(pin, school.student.userId);
const expire = (pin: string) => scratch.query(`UPDATE room SET expires_at = now() - interval '1 second' WHERE pin = $1`, [pin]);

const closing = () => ({ id: randomUUID(), by: school.teacher.userId });

describe('a PIN', () => {
  it('belongs to one of thirty who want it at the same moment', async () => {
    const made = await Promise.all(Array.from({ length: 30 }, () => insert('000001')));
    expect(made.filter((room) => room !== null)).toHaveLength(1);
  });

  it('is not drawn again for a room that is there', async () => {
    const first = await insert('000007');
    expect(await insert('000008', 1_000, first?.id)).toEqual(first);
    expect(await find('000008')).toBeNull();
  });

  it('is free again once its room is closed or has expired, and not before; one of many gets it', async () => {
    const [closed, expired] = [await insert('000002'), await insert('000003')];
    expect([await insert('000002'), await insert('000003')]).toEqual([null, null]);
    expect(await scratch.database.rooms.close(closed?.id ?? '', closing())).toBe(true);
    expect(await scratch.database.rooms.close(closed?.id ?? '', closing())).toBe(false);
    await expire('000003');
    for (const pin of ['000002', '000003']) {
      expect(await find(pin)).toBeNull();
      const again = await Promise.all(Array.from({ length: 10 }, () => insert(pin)));
      expect(again.filter((room) => room !== null)).toHaveLength(1);
      expect((await find(pin))?.id).not.toBe(closed?.id);
      expect((await find(pin))?.id).not.toBe(expired?.id);
    }
  });

  it('is not given to somebody who has too many rooms open', async () => {
    const open = await scratch.database.rooms.countOpen(school.teacher.userId);
    expect(await insert('000004', open)).toBeNull();
    expect(await insert('000004', open + 1)).toMatchObject({ pin: '000004', version: 0 });
  });
});

describe('joining', () => {
  it('counts a person once, keeps the last name, and raises the version', async () => {
    const { id } = (await insert('000005')) ?? { id: '' };
    expect(await join(id, school.student.userId, 'Sam')).toMatchObject({ id, version: 1 });
    expect(await join(id, school.student.userId, 'Sammy')).toMatchObject({ version: 2 });
    expect(await scratch.database.rooms.listParticipants(id)).toEqual([
      { userId: school.student.userId, displayName: 'Sammy', submission: null },
    ]);
    expect(await find('000005')).toMatchObject({ version: 2, joined: true });
  });

  it('a full room lets only those in who are in; one that has ended, nobody', async () => {
    const { id } = (await insert('000006')) ?? { id: '' };
    await join(id, school.student.userId, 'Sam', 1);
    expect(await join(id, school.colleague.userId, 'Cora', 1)).toBeNull();
    expect(await join(id, school.student.userId, 'Sam again', 1)).toMatchObject({ id });
    await expire('000006');
    expect(await join(id, school.student.userId, 'Sam')).toBeNull();
  });
});

it('lists open rooms of those who made or joined them, page by page', async () => {
  const { colleague, student } = school;
  const made: string[] = [];
  for (const pin of ['000011', '000012', '000013']) made.unshift((await insert(pin))?.id ?? '');
  for (const id of made) await join(id, colleague.userId, 'Cora');
  const first = await scratch.database.rooms.listOpenOf(colleague.userId, { limit: 2 });
  const rest = await scratch.database.rooms.listOpenOf(colleague.userId, { limit: 2, cursor: first.nextCursor ?? '' });
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(made);
  expect(rest.nextCursor).toBeNull();
  expect(first.items[0]).toMatchObject({ participants: 1, joined: true });
  await expire('000012');
  expect((await scratch.database.rooms.listOpenOf(colleague.userId, { limit: 9 })).items.map(({ pin }) => pin)).toEqual([
    '000013',
    '000011',
  ]);
  const ofMaker = await scratch.database.rooms.listOpenOf(school.teacher.userId, { limit: 100 });
  expect(ofMaker.items.find(({ pin }) => pin === '000013')).toMatchObject({ joined: false });
  expect((await scratch.database.rooms.listOpenOf(student.userId, { limit: 9 })).items.every(({ joined }) => joined)).toBe(true);
});

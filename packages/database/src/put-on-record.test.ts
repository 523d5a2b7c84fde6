import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createDatabase } from './create-database.ts';
import type { RecordedEvent } from './put-on-record.ts';
import { type School, seedSchool } from './testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts';
import type { Database } from './types.ts';

let scratch: ScratchDatabase;
let database: Database;
let school: School;
let told: RecordedEvent[] = [];
beforeAll(async () => {
  scratch = await createScratchDatabase();
  const onWrite = async () => {};
  database = createDatabase({ url: scratch.url, onWrite, onRecord: (events) => told.push(...events) });
  school = await seedSchool(database);
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

async function toldBy(write: () => Promise<unknown>): Promise<RecordedEvent[]> {
  told = [];
  await write();
  return told;
}
const course = () => ({ id: uuidv7(), institutionId: school.institutionId, name: 'Optics', teacherId: null, by: school.teacher.userId });

describe('what is put on record', () => {
  it('is told once it is committed, with institution and action', async () => {
    const { institutionId } = school;
    const insert = () => database.audit.insert({ ...event(), id, data: {} });
    const id = uuidv7();
    const event = () => ({
      ...{ institutionId, actorId: null, action: 'user.changed' },
      ...{ subjectType: 'user', subjectId: id, assessmentId: null },
    });
    expect(await toldBy(insert)).toEqual([{ id, institutionId, action: 'user.changed' }]);
    expect((await database.audit.list({ institutionId, subjectId: id, limit: 9 })).items.map((item) => item.id)).toEqual([id]);
    expect(await toldBy(() => expect(insert()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' }))).toEqual([]);
  });

  it('is told of calls that are made together, and nothing of reads', async () => {
    const { institutionId } = school;
    const made = course();
    const both = await toldBy(() =>
      database.together(async (all) => {
        await all.courseRecords.insert(made);
        await all.courseRecords.rename(made.id, 'Waves', school.teacher.userId);
      }),
    );
    expect(both.map(({ action }) => action)).toEqual(['course.created', 'course.renamed']);
    expect(await toldBy(() => database.audit.list({ institutionId, limit: 9 }))).toEqual([]);
  });

  it('is not told when what it tells of did not happen', async () => {
    const unknown = uuidv7();
    const rename = () => expect(database.courseRecords.rename(unknown, 'Waves', school.teacher.userId)).rejects.toBeDefined();
    expect(await toldBy(rename)).toEqual([]);
  });
});

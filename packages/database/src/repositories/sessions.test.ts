import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';

let scratch: ScratchDatabase;
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  school = await seedSchool(scratch.database);
});
afterAll(() => scratch.drop());

const hour = () => new Date(Date.now() + 3_600_000);
const begin = async (userId: string, expiresAt = hour()) => {
  const id = randomUUID();
  await scratch.database.refreshFamilies.insert({ id, userId, currentHash: id, device: null, address: null, expiresAt });
  return id;
};

it('last activity of a session and of a key is written when it is a minute old, and not before', async () => {
  const { sessions, apiKeys } = scratch.database;
  const { userId } = school.teacher;
  const [session, key] = [await begin(userId), randomUUID()];
  await apiKeys.save({ id: key, userId, name: 'k', keyHash: key, expiresAt: null });
  const ages = async () => {
    const [one] = await scratch.query(`SELECT now() - last_seen_at < interval '30 seconds' AS new FROM refresh_family WHERE id = $1`, [
      session,
    ]);
    const [two] = await scratch.query(`SELECT now() - last_used_at < interval '30 seconds' AS new FROM api_key WHERE id = $1`, [key]);
    return [one?.new, two?.new];
  };
  const age = async (seconds: number) => {
    await scratch.query(`UPDATE refresh_family SET last_seen_at = now() - $2 * interval '1 second' WHERE id = $1`, [session, seconds]);
    await scratch.query(`UPDATE api_key SET last_used_at = now() - $2 * interval '1 second' WHERE id = $1`, [key, seconds]);
  };
  const touch = () => Promise.all([sessions.touch(session), apiKeys.touch(key)]);
  await touch();
  expect(await ages()).toEqual([true, true]);
  await age(50);
  await touch();
  expect(await ages()).toEqual([false, false]);
  await age(70);
  await touch();
  expect(await ages()).toEqual([true, true]);
});

it('ended and expired sessions are not alive, and ending all names those that were', async () => {
  const { sessions, refreshFamilies } = scratch.database;
  const { userId } = school.student;
  const [one, two, ended] = [await begin(userId), await begin(userId), await begin(userId)];
  await begin(userId, new Date(Date.now() - 1));
  await refreshFamilies.revoke(ended);
  expect((await sessions.listLive(userId, { limit: 10 })).items.map(({ id }) => id).toSorted()).toEqual([one, two].toSorted());
  expect((await sessions.endAll(userId)).toSorted()).toEqual([one, two].toSorted());
  expect((await sessions.listLive(userId, { limit: 10 })).items).toEqual([]);
  expect(await sessions.endOwn(userId, one)).toBe(false);
});

it('a key stands for its maker as that person is now', async () => {
  const { apiKeys } = scratch.database;
  const { userId, institutionId } = school.teacher;
  const save = async (expiresAt: Date | null) => {
    const id = randomUUID();
    await apiKeys.save({ id, userId, name: 'k', keyHash: `hash ${id}`, expiresAt });
    return { id, found: () => apiKeys.findActor(`hash ${id}`) };
  };
  const { id, found } = await save(null);
  expect(await found()).toEqual({ id, actor: { userId, institutionId, role: 'TEACHER' }, expiresAt: null });
  expect(await (await save(new Date(Date.now() - 1))).found()).toBeNull();
  await scratch.query(`UPDATE "user" SET role = 'STUDENT' WHERE id = $1`, [userId]);
  expect(await found()).toBeNull();
  await scratch.query(`UPDATE "user" SET role = 'ADMIN', removed_at = now() WHERE id = $1`, [userId]);
  expect(await found()).toBeNull();
});

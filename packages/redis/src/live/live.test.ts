import { randomUUID } from 'node:crypto';
import { testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { liveFamilies } from '../families/live.ts';
import { connectFast, createActivityTail, createAskRedis, createPresence, createRoomCopies, createTrays, type Redis } from '../index.ts';

let redis: Redis;
const ask = () => createAskRedis(redis, { deadlineMs: 5_000 });
beforeAll(async () => {
  redis = connectFast(testRedis().url, { name: 'test' });
  await waitFor(() => redis.status === 'ready');
});
afterAll(() => redis.disconnect());

/** The family that a key belongs to, its time to live in seconds and the bytes of its value. */
async function lookAt(key: string) {
  const family = liveFamilies.find(({ pattern }) => key.startsWith(pattern.replace('*', '')));
  return { family, ttl: await redis.ttl(key) };
}

describe('presence', () => {
  it('tells who was there, and for how long they count as online', async () => {
    let time = Date.parse('2030-01-01T00:00:00Z');
    const presence = createPresence(ask(), () => time);
    const [here, never] = [randomUUID(), randomUUID()];
    presence.touch(here);
    const found = () => presence.find([here, never]);
    await waitFor(async () => (await found()).size === 1);
    expect(await found()).toEqual(new Map([[here, { online: true, lastSeenAt: new Date(time) }]]));
    const left = time;
    time += 80_000;
    expect((await found()).get(here)).toEqual({ online: false, lastSeenAt: new Date(left) });
    const { family, ttl } = await lookAt(`gf:presence:${here}`);
    expect(ttl).toBeGreaterThan((family?.ttlSeconds ?? Number.NaN) - 60);
    expect(ttl).toBeLessThanOrEqual(30 * 86_400);
    expect(await presence.find([])).toEqual(new Map());
  });

  it('writes a person down at most every 5 seconds, and again after a failure', async () => {
    let time = 1_000_000;
    let writes = 0;
    let broken = true;
    const counting = createPresence(
      async (work) => {
        writes++;
        if (broken) throw new Error('away');
        return ask()(work);
      },
      () => time,
    );
    const userId = randomUUID();
    counting.touch(userId);
    await waitFor(() => writes === 1);
    broken = false;
    await waitFor(() => {
      counting.touch(userId);
      return writes === 2;
    });
    for (let times = 0; times < 50; times++) counting.touch(userId);
    time += 4_999;
    counting.touch(userId);
    expect(writes).toBe(2);
    time += 1;
    counting.touch(userId);
    expect(writes).toBe(3);
  });
});

describe('trays', () => {
  it('give back what was put, in order, until they end or are emptied', async () => {
    const trays = createTrays(ask());
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 500 }), async (ids) => {
        const userId = randomUUID();
        const put = await trays.put(userId, ids);
        expect(await trays.find(userId)).toEqual(put);
        expect(put?.submissionIds).toEqual(ids);
        const { family, ttl } = await lookAt(`gf:tray:${userId}`);
        expect(ttl).toBeGreaterThan(7 * 86_400 - 60);
        expect(await redis.strlen(`gf:tray:${userId}`)).toBeLessThanOrEqual(family?.maxBytes ?? 0);
        expect(await trays.put(userId, [])).toBeNull();
        expect(await trays.find(userId)).toBeNull();
      }),
      { numRuns: 10 },
    );
  });
});

describe('copies of rooms', () => {
  it('keep a board in a sorted set, best first, also an empty one, for two seconds', async () => {
    const copies = createRoomCopies(ask());
    const key = randomUUID();
    expect(await copies.findBoard(key)).toBeNull();
    const entry = (displayName: string, score: number) => ({ userId: randomUUID(), displayName, score });
    await copies.saveBoard(key, [entry('Ada 1 2', 1.5), entry('-', 20), entry('Cem', 0)]);
    expect(await redis.type(`gf:room-board:${key}`)).toBe('zset');
    expect((await copies.findBoard(key))?.map(({ displayName, score }) => [displayName, score])).toEqual([
      ['-', 20],
      ['Ada 1 2', 1.5],
      ['Cem', 0],
    ]);
    expect((await lookAt(`gf:room-board:${key}`)).ttl).toBeLessThanOrEqual(2);
    await copies.saveBoard(key, []);
    expect(await copies.findBoard(key)).toEqual([]);
    await redis.del(`gf:room-board:${key}`);
    expect(await copies.findBoard(key)).toBeNull();
  });

  it('keep people as they were given', async () => {
    const copies = createRoomCopies(ask());
    const key = randomUUID();
    expect(await copies.findPeople(key)).toBeNull();
    await copies.savePeople(key, [{ displayName: 'Ada "\u2028' }]);
    expect(await copies.findPeople(key)).toEqual([{ displayName: 'Ada "\u2028' }]);
    expect((await lookAt(`gf:room-people:${key}`)).ttl).toBeLessThanOrEqual(2);
  });
});

describe('the tail of the record', () => {
  const event = (institutionId: string) => ({ id: randomUUID(), institutionId, action: 'grading.made' });
  const forLong = () => ({ ms: 60_000, signal: new AbortController().signal });

  it('wakes those who wait for this institution, and nobody else', async () => {
    const tail = createActivityTail(ask());
    const [ours, theirs] = [randomUUID(), randomUUID()];
    const woken: string[] = [];
    const ends = [await tail.end(ours), await tail.end(theirs)];
    expect(ends).toEqual([null, null]);
    const stop = new AbortController();
    const other = tail.untilMore(theirs, null, { ms: 60_000, signal: stop.signal }).then(() => woken.push('other'));
    const waiting = tail.untilMore(ours, null, forLong()).then(() => woken.push('ours'));
    // Another gateway's.
    createActivityTail(ask()).add([event(ours), event(ours)]);
    await waiting;
    expect(woken).toEqual(['ours']);
    const end = await tail.end(ours);
    expect(end).not.toBeNull();
    // What came before nobody waits for; whoever asked earlier is told at once.
    await tail.untilMore(ours, null, forLong());
    await tail.untilMore(ours, end, { ms: 1, signal: stop.signal });
    stop.abort();
    await other;
  });

  it('keeps the newest 500 or some more, for a day', async () => {
    const tail = createActivityTail(ask());
    const institutionId = randomUUID();
    const key = `gf:activity:${institutionId}`;
    for (let block = 0; block < 7; block++) tail.add(Array.from({ length: 100 }, () => event(institutionId)));
    const last = event(institutionId);
    tail.add([last]);
    await waitFor(async () => (await redis.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[1][1] === last.id);
    expect(await redis.xlen(key)).toBeLessThan(700);
    expect(await redis.xlen(key)).toBeGreaterThanOrEqual(500);
    const { family, ttl } = await lookAt(key);
    expect(ttl).toBeGreaterThan(86_400 - 60);
    expect(await redis.memory('USAGE', key)).toBeLessThanOrEqual(family?.maxBytes ?? 0);
  });

  it('goes on after Redis was emptied, lets go at the end of the time and when it is closed', async () => {
    const tail = createActivityTail(ask());
    const institutionId = randomUUID();
    tail.add([event(institutionId)]);
    const end = await waitFor(async () => (await tail.end(institutionId)) ?? undefined);
    await redis.del(`gf:activity:${institutionId}`);
    await tail.untilMore(institutionId, end, { ms: 700, signal: new AbortController().signal });
    const waiting = tail.untilMore(institutionId, end, forLong());
    tail.add([event(institutionId)]);
    await waiting;
    const closing = [tail.untilMore(randomUUID(), null, forLong()), tail.untilMore(randomUUID(), null, forLong())];
    tail.close();
    await Promise.all([...closing, tail.untilMore(randomUUID(), null, forLong())]);
    expect(tail.hasRoom()).toBe(false);
  });

  it('lets those who wait look for themselves while Redis is away', async () => {
    const away = createActivityTail(() => Promise.reject(new Error('away')));
    away.add([event(randomUUID())]);
    expect(await away.end(randomUUID())).toBeNull();
    await away.untilMore(randomUUID(), null, forLong());
  });
});

import { type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { type AskOutcome, connectFast, createRedisGuard, type Redis } from '@gradeflow/redis';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createRevocations } from './revocations.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let server: EmbeddedService;
let redis: Redis;
let other: Redis;
beforeEach(async () => {
  folder = await createTempDir();
  server = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
  [redis, other] = [connectFast(server.url, { name: 'test' }), connectFast(server.url, { name: 'test-other' })];
  await waitFor(() => redis.status === 'ready' && other.status === 'ready');
});
afterEach(async () => {
  redis.disconnect();
  other.disconnect();
  process.kill(server.pid, 'SIGCONT');
  await server.stop();
  await folder.remove();
});

it('what ends while Redis is silent ends here at once, costs one question, and ends elsewhere when Redis is back', async () => {
  const outcomes: AskOutcome[] = [];
  const guard = createRedisGuard(redis, { deadlineMs: 50, restMs: 300, onAsked: (outcome) => outcomes.push(outcome) });
  const errors: unknown[] = [];
  const here = createRevocations(guard, (error) => errors.push(error), { retryMs: 100 });
  const elsewhere = createRevocations(createRedisGuard(other, { deadlineMs: 5_000 }), () => {});
  const sessions = Array.from({ length: 5 }, () => uuidv7());
  process.kill(server.pid, 'SIGSTOP');
  await Promise.all([here.end(sessions[0] ?? '')]);
  await Promise.all(sessions.map((id) => here.end(id)));
  expect(outcomes.filter((outcome) => outcome === 'silent')).toHaveLength(1);
  for (const id of sessions) expect(await here.isEnded(id)).toBe(true);
  expect(errors.length).toBe(sessions.length);
  process.kill(server.pid, 'SIGCONT');
  for (const id of sessions) await waitFor(() => elsewhere.isEnded(id));
  const left = await Promise.all(sessions.map((id) => other.ttl(`gf:revoked:${id}`)));
  for (const seconds of left) expect(seconds).toBeGreaterThan(800);
  expect(await elsewhere.isEnded(uuidv7())).toBe(false);
});

describe('a session that is in use', () => {
  let now = 0;
  const looks = async () => Number(/cmdstat_exists:calls=(\d+)/.exec(await other.info('commandstats'))?.[1] ?? 0);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const id = uuidv7();
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const openInUse = async () => {
    const revocations = createRevocations(createRedisGuard(redis), () => {});
    await revocations.isEnded(id);
    now += 150;
    expect(revocations.isSurelyAlive(id)).toBe(true);
    expect(revocations.isSurelyAlive(id)).toBe(true);
    return revocations;
  };

  it('is looked at again, once, before its time is over: nobody has to wait', async () => {
    const revocations = await openInUse();
    await waitFor(async () => (await looks()) === 2);
    await settle();
    now += 100;
    expect([revocations.isSurelyAlive(id), await looks()]).toEqual([true, 2]);
  });

  it('is no longer taken for alive as soon as that look says so', async () => {
    const revocations = createRevocations(createRedisGuard(redis), () => {});
    await revocations.isEnded(id);
    await other.set(`gf:revoked:${id}`, '1', 'EX', 60);
    now += 150;
    revocations.isSurelyAlive(id);
    await waitFor(() => !revocations.isSurelyAlive(id));
    expect(await revocations.isEnded(id)).toBe(true);
  });
});

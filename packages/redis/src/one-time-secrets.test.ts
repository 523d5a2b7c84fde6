import { randomUUID } from 'node:crypto';
import { testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectFast, createOneTimeSecrets, type Redis } from './index.ts';

let redis: Redis;
beforeAll(async () => {
  redis = connectFast(testRedis().url, { name: 'test' });
  await waitFor(() => redis.status === 'ready');
});
afterAll(() => redis.disconnect());
const codes = () => createOneTimeSecrets(redis, 'verification');

describe('a one-time secret', () => {
  it('is good once, also when it comes twenty times at once', async () => {
    const person = randomUUID();
    await codes().put(person, '123456');
    const taken = await Promise.all(Array.from({ length: 20 }, () => codes().take(person, '123456')));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('is worthless after five wrong tries, also when they come at once', async () => {
    const person = randomUUID();
    await codes().put(person, '123456');
    await Promise.all(['1', '2', '3', '4'].map((wrong) => codes().take(person, wrong)));
    await codes().put(person, '654321');
    expect(await codes().take(person, '123456')).toBe(false);
    expect(await codes().take(person, '654321')).toBe(true);
    await codes().put(person, '111111');
    await Promise.all(['1', '2', '3', '4', '5'].map((wrong) => codes().take(person, wrong)));
    expect(await codes().take(person, '111111')).toBe(false);
  });

  it('is kept as a hash, for its time, and for its person', async () => {
    const person = randomUUID();
    await codes().put(person, '123456');
    expect(JSON.stringify(await redis.hgetall(`gf:once:verification:${person}`))).not.toContain('123456');
    const seconds = await redis.ttl(`gf:once:verification:${person}`);
    expect(seconds).toBeGreaterThan(590);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(await codes().take(randomUUID(), '123456')).toBe(false);
  });

  it('says that it cannot be checked without Redis', async () => {
    const gone = connectFast('redis://127.0.0.1:1', { name: 'test' });
    const secrets = createOneTimeSecrets(gone, 'verification');
    await expect(secrets.take(randomUUID(), '1')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503 });
    await expect(secrets.put(randomUUID(), '1')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503 });
    gone.disconnect();
  });
});

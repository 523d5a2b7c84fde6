import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { asksDuring } from '../testing/http-suite/waited.ts';
import { type GatewayOnOwnRedis, startGatewayOnOwnRedis } from '../testing/own-redis.ts';

/** As the guard rests after a silence. */
const restMs = 1_000;
let own: GatewayOnOwnRedis;
beforeAll(async () => {
  own = await startGatewayOnOwnRedis({ settings: { redisDeadlineMs: 50 } });
});
afterAll(() => own.close());

/** Each by a session of its own, so that each has something to ask. */
const askOften = async (times: number) => {
  for (let n = 0; n < times; n++) {
    const { gateway } = own;
    const answer = await request(gateway.app)
      .get('/v1/courses')
      .set('Authorization', await gateway.as(gateway.cast.teacher));
    expect(answer.status).toBe(200);
  }
};

const isAnswered = async () => ((await asksDuring(own.gateway, () => askOften(1))).asks.get('request answered') ?? 0) > 0;

it('one request a second waits for a Redis that stands still, the others ask nothing; afterwards all are answered again', async () => {
  const { gateway, redis } = own;
  const times = 100;
  // A busy machine may have been late once: then Redis is left alone for a moment.
  await waitFor(isAnswered);
  process.kill(redis.pid, 'SIGSTOP');
  const first = await asksDuring(gateway, () => askOften(1));
  expect(first.asks.get('request silent')).toBe(1);
  const began = performance.now();
  const { asks } = await asksDuring(gateway, () => askOften(times));
  const silent = asks.get('request silent') ?? 0;
  const resting = asks.get('request resting') ?? 0;
  expect(silent).toBeLessThanOrEqual(1 + (performance.now() - began) / restMs);
  expect(silent + resting).toBeGreaterThanOrEqual(times);
  expect(asks.get('request answered')).toBeUndefined();
  process.kill(redis.pid, 'SIGCONT');
  await waitFor(isAnswered);
});

import { hash } from 'node:crypto';
import { testRedis, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCacheWriter } from '../index.ts';
import { type CacheGateway, createTruth, hunt, openCache, spec, type Truth, untilShared } from '../testing/cache-pair.ts';

let truth: Truth;
let one: CacheGateway;
let other: CacheGateway;
let prefix: string;
const { url } = testRedis();
beforeEach(async () => {
  prefix = testRedis().prefix.replace('}', ':cache}');
  truth = createTruth();
  one = openCache(url, prefix, truth);
  other = openCache(url, prefix, truth);
  await untilShared(truth, one, other);
  truth.state.loads = 0;
});
afterEach(() => {
  one.close();
  other.close();
});

describe('a cached read', () => {
  it('is loaded once, kept as bytes with a tag of their own, and found by the other gateway', async () => {
    const first = await one.cache.read(spec(), truth.load);
    const second = await other.cache.read(spec(), truth.load);
    expect([first.outcome, second.outcome, truth.state.loads]).toEqual(['MISS', 'HIT', 1]);
    expect([second.body, second.etag]).toEqual([first.body, first.etag]);
    expect(first.etag).toMatch(/^"[\w-]{27}"$/);
    expect(await one.redis.pttl(`${prefix}:entry:${truth.state.epoch}:${hash('sha256', 'it', 'base64url')}`)).toBeGreaterThan(100_000);
  });

  it('is loaded once however many ask two gateways at the same moment', async () => {
    const gateways = [one, other];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => gateways[i % 2]?.cache.read(spec(), truth.load)));
    expect(truth.state.loads).toBe(1);
    expect(new Set(answers.map((answer) => answer?.body))).toEqual(new Set(['0']));
  });

  it('ends with any of its tags, everywhere, also when a worker wrote', async () => {
    const both = spec({ tags: ['a', 'b'] });
    await one.cache.read(both, truth.load);
    truth.state.value = 1;
    await other.cache.invalidate(['b']);
    expect(await one.cache.read(both, truth.load)).toMatchObject({ body: '1', outcome: 'MISS' });
    truth.state.value = 2;
    const writer = createCacheWriter({ url, prefix, epochs: truth.epochs, name: 'cache-test' });
    await waitFor(async () => {
      await writer.invalidate(['a']);
      return (await other.cache.read(both, truth.load)).body === '2';
    });
    writer.close();
    // Again and again: a machine too busy for the deadline ends everything, rightly.
    const survives = async () => {
      await one.cache.read(both, truth.load);
      await one.cache.invalidate(['something else']);
      return (await one.cache.read(both, truth.load)).outcome === 'HIT';
    };
    await waitFor(survives);
  });

  it('does not keep what was loaded while somebody wrote', async () => {
    const slow = one.cache.read(spec(), async () => {
      const seen = String(truth.state.value);
      truth.state.value = 1;
      await other.cache.invalidate(['a']);
      return seen;
    });
    expect((await slow).body).toBe('0');
    expect(await one.cache.read(spec(), truth.load)).toMatchObject({ body: '1', outcome: 'MISS' });
  });

  it('throws what loading throws, and lets the next one load', async () => {
    await expect(one.cache.read(spec(), () => Promise.reject(new Error('not there')))).rejects.toThrow('not there');
    expect((await other.cache.read(spec(), truth.load)).outcome).toBe('MISS');
  });

  it('stands in when loading fails after its time, unless somebody wrote', async () => {
    const short = spec({ ttlMs: 1 });
    await one.cache.read(short, truth.load);
    truth.state.away = true;
    const stale = await waitFor(async () => {
      const found = await one.cache.read(short, truth.load);
      return found.outcome === 'STALE' ? found : null;
    });
    expect(stale.body).toBe('0');
    truth.state.away = false;
    truth.state.value = 1;
    await waitFor(async () => (await one.cache.read(spec({ key: 'epoch' }), truth.load)).outcome === 'HIT');
    await one.cache.invalidate(['a']);
    await expect(one.cache.read(short, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });
});

describe('no read is stale', () => {
  it('over two gateways with writers at both, hot and cold', async () => {
    const hot = await hunt(truth, [one, other], { reads: 10_000, pauseMs: 60 });
    expect(hot).toMatchObject({ stale: 0 });
    expect(hot.hits).toBeGreaterThan(5_000);
    expect(hot.writes).toBeGreaterThan(10);
    expect(await hunt(truth, [one, other], { reads: 1_000, pauseMs: 3 })).toMatchObject({ stale: 0 });
  });

  it('also when one gateway has gone deaf: writers wait until its lease is over', async () => {
    const answerTo = other.redis.publish.bind(other.redis);
    other.redis.publish = (async () => 0) as typeof other.redis.publish;
    const found = await hunt(truth, [one, other], { reads: 2_000, pauseMs: 50 });
    other.redis.publish = answerTo;
    expect(found).toMatchObject({ stale: 0 });
  });

  it('also while subscriptions are cut again and again: a change that was missed takes all that a gateway holds itself', async () => {
    let going = true;
    const cut = async () => {
      while (going) {
        await one.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      }
    };
    const [found] = await Promise.all([
      hunt(truth, [one, other], { reads: 10_000, pauseMs: 40 }).finally(() => {
        going = false;
      }),
      cut(),
    ]);
    expect(found).toMatchObject({ stale: 0 });
    expect(found.hits).toBeGreaterThan(3_000);
  });

  it('answers of the hottest come from the process itself', async () => {
    const commands = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await one.redis.info('commandstats'))?.[1] ?? 0);
    const before = await commands();
    for (let i = 0; i < 5_000; i++) await one.cache.read(spec(), truth.load);
    // A lease lasts for 50 ms and is renewed once in that time, however many answers it holds.
    expect((await commands()) - before).toBeLessThan(500);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { redisEnv } from './fragments.ts';
import { loadConfig } from './load-config.ts';
import { redisPlaceOf } from './redis-place.ts';

describe('redisPlaceOf', () => {
  it('reads a single server with user, password and database', () => {
    expect(redisPlaceOf('redis://localhost')).toEqual({ kind: 'single', options: { host: 'localhost', port: 6379, db: 0 } });
    expect(redisPlaceOf('redis://app:p%40ss:word@[::1]:7000/3')).toEqual({
      kind: 'single',
      options: { username: 'app', password: 'p@ss:word', host: '::1', port: 7000, db: 3 },
    });
    expect(redisPlaceOf('redis://:secret@h:1')).toMatchObject({ options: { password: 'secret' } });
  });

  it('reads TLS with an authority of its own', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gradeflow-ca-'));
    writeFileSync(path.join(folder, 'ca.pem'), 'PEM');
    expect(redisPlaceOf('rediss://h:6380')).toEqual({ kind: 'single', options: { tls: {}, host: 'h', port: 6380, db: 0 } });
    expect(redisPlaceOf(`rediss://h?ca=${folder}/ca.pem`)).toMatchObject({ options: { tls: { ca: 'PEM' } } });
    rmSync(folder, { recursive: true });
  });

  it('reads sentinels and clusters', () => {
    expect(redisPlaceOf('redis+sentinel://app:x@a,b:1/main/2?sentinelPassword=s')).toEqual({
      kind: 'sentinel',
      options: {
        ...{ username: 'app', password: 'x', name: 'main', db: 2, sentinelPassword: 's' },
        sentinels: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 1 },
        ],
      },
    });
    expect(redisPlaceOf('rediss+cluster://a:7000,b')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
      ],
      options: { tls: {} },
    });
  });

  it.each([
    ['http://h', 'expects redis://'],
    ['redis://a,b', 'several hosts'],
    ['redis://h:99999', 'host:port'],
    ['redis://h/x', 'no number'],
    ['redis://u:%zz@h', '%25'],
    ['redis://h?timeout=1', 'not known'],
    ['redis://h?ca=/x', 'without TLS'],
    ['rediss://h?ca=/nowhere/ca.pem', 'can not be read'],
    ['redis+sentinel://a,b', 'name of the master'],
    ['redis+cluster://a/1', 'a cluster has none'],
  ])('says what is wrong with %s', (url, words) => {
    expect(() => redisPlaceOf(url)).toThrow(words);
  });

  it('is what the environment is checked by; faults name the variable and repeat no password', () => {
    const load = () =>
      loadConfig(z.object(redisEnv), { REDIS_QUEUE_URL: 'redis://:hush@h:99999', REDIS_CACHE_URL: 'redis+sentinel://:hush@a' });
    expect(load).toThrow(/REDIS_QUEUE_URL: has a host.*REDIS_CACHE_URL: expects the name/s);
    expect(load).not.toThrow(/hush/);
  });
});

import type { KeyFamily } from './key-family.ts';

const owner = 'packages/redis, src/cache';

/** Of the cache Redis; the braces keep a cluster's keys on one node, since one script looks at several. */
export const cacheFamilies: readonly KeyFamily[] = [
  {
    name: 'cached answers',
    pattern: '{*:cache}:entry:*',
    owner,
    ttlSeconds: 3_600,
    maxBytes: 1_000_000,
    ifItVanishes: 'the answer is read again from Postgres',
  },
  {
    name: 'tags of cached answers',
    pattern: '{*:cache}:tag:*',
    owner,
    ttlSeconds: 7_200,
    maxBytes: 200,
    ifItVanishes: 'it gets a name that was never used, so that answers under the old one are not found again',
  },
  {
    name: 'loaders',
    pattern: '{*:cache}:lock:*',
    owner,
    ttlSeconds: 10,
    maxBytes: 200,
    ifItVanishes: 'two processes load the same answer',
  },
  {
    name: 'leases of the in-process layer',
    pattern: '{*:cache}:leases',
    owner,
    ttlSeconds: 600,
    maxBytes: 10_000,
    ifItVanishes: 'writes wait 50 ms, as long as any lease lasts, before they answer',
  },
  {
    name: 'the last change that ended answers',
    pattern: '{*:cache}:last-change',
    owner,
    ttlSeconds: 600,
    maxBytes: 200,
    ifItVanishes: 'every process drops the answers that it holds itself',
  },
];

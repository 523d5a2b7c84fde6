import type { KeyFamily } from './key-family.ts';

/** Of the queue Redis, below `QUEUE_PREFIX`: `{gradeflow}` unless told otherwise. */
export const queueFamilies: readonly KeyFamily[] = [
  {
    name: 'heartbeats',
    pattern: '{*}:heartbeats',
    owner: 'packages/queue',
    ttlSeconds: 24 * 3_600,
    maxBytes: 1_000_000,
    ifItVanishes: 'the workers write it again within a second',
  },
  {
    name: 'shares',
    pattern: '{*}:shares',
    owner: 'packages/queue',
    ttlSeconds: 24 * 3_600,
    maxBytes: 1_000_000,
    ifItVanishes: 'institutions that have work waiting are equals of those that come new, until what waits is done',
  },
  {
    name: 'jobs and flows',
    pattern: '{*}:*-*',
    owner: 'packages/queue (BullMQ; every queue is named verb-noun)',
    ttlSeconds: null,
    maxBytes: 10_000_000,
    ifItVanishes: 'the reconciler adds the jobs again, from the spool and Postgres',
  },
];

import type { KeyFamily } from './key-family.ts';

/** Of sign-in and protection, in the cache Redis. */
export const accountFamilies: readonly KeyFamily[] = [
  {
    name: 'rate limits',
    pattern: 'gf:limit:*',
    owner: 'gateway',
    ttlSeconds: 3_600,
    maxBytes: 200,
    ifItVanishes: 'counting starts again; meanwhile each gateway counts for itself',
  },
  {
    name: 'ended sessions',
    pattern: 'gf:revoked:*',
    owner: 'gateway',
    ttlSeconds: 920,
    maxBytes: 200,
    ifItVanishes: 'an access token of an ended session works until its end, 15 minutes at most; Postgres holds the refresh families',
  },
  {
    name: 'one-time secrets',
    pattern: 'gf:once:*',
    owner: 'worker-notifications writes, gateway uses up',
    ttlSeconds: 1_800,
    maxBytes: 200,
    ifItVanishes: 'the person asks for another mail',
  },
];

import type { KeyFamily } from './key-family.ts';

/** `pattern` has one `*`, for what tells the family's keys apart; all of them end by themselves. */
type LiveFamily = KeyFamily & { pattern: `gf:${string}:*`; ttlSeconds: number };

const day = 86_400;

/** When a person was last there: milliseconds since 1970, by user. */
export const presenceFamily = {
  name: 'presence',
  pattern: 'gf:presence:*',
  owner: 'gateway',
  ttlSeconds: 30 * day,
  maxBytes: 200,
  ifItVanishes: 'people count as offline and never seen until their next request',
} as const satisfies LiveFamily;

/** The submissions that a person has picked, by user: when it ends, and up to 500 ids, with commas between them. */
export const trayFamily = {
  name: 'tray',
  pattern: 'gf:tray:*',
  owner: 'gateway',
  ttlSeconds: 7 * day,
  maxBytes: 20_000,
  ifItVanishes: 'the tray is empty until it is filled again',
} as const satisfies LiveFamily;

/** Who is in a room and how far, as JSON, by room and version. */
export const roomPeopleFamily = {
  name: 'room people',
  pattern: 'gf:room-people:*',
  owner: 'gateway',
  ttlSeconds: 2,
  maxBytes: 350_000,
  ifItVanishes: 'read from Postgres again',
} as const satisfies LiveFamily;

/** Sorted set of a room's people by score, by room and version. */
export const roomBoardFamily = {
  name: 'room leaderboard',
  pattern: 'gf:room-board:*',
  owner: 'gateway',
  ttlSeconds: 2,
  maxBytes: 350_000,
  ifItVanishes: 'built again from the marks in Postgres',
} as const satisfies LiveFamily;

/** Stream of what was put on record lately, by institution: id and action of each event. */
export const activityTailFamily = {
  name: 'activity tail',
  pattern: 'gf:activity:*',
  owner: 'gateway, worker-grading',
  ttlSeconds: day,
  maxBytes: 150_000,
  ifItVanishes: 'who waits for news of the record waits until the end of their time, and then sees it from Postgres',
} as const satisfies LiveFamily;

/** What lives in the cache Redis of rooms, presence, trays and the record. All of it survives eviction. */
export const liveFamilies: readonly KeyFamily[] = [presenceFamily, trayFamily, roomPeopleFamily, roomBoardFamily, activityTailFamily];

export function keyOf(family: Pick<LiveFamily, 'pattern'>, id: string): string {
  return family.pattern.replace('*', id);
}

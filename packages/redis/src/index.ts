export { connectFast, type Redis } from './connect-fast.ts';
export { liveFamilies } from './families/live.ts';
export { isRedisUp } from './is-redis-up.ts';
export { type AskRedis, createAskRedis } from './live/ask.ts';
export { createPresence, type Presence } from './live/presence.ts';
export { type BoardEntry, createRoomCopies, type RoomCopies } from './live/room-copies.ts';
export { createTrays, type Trays } from './live/trays.ts';

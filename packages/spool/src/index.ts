export { createSpoolRoom, type RoomLimits, type SpoolRoom } from './room.ts';
export { createSpool } from './spool.ts';
export type * from './types.ts';
export { findWriteFault } from './write-fault.ts';

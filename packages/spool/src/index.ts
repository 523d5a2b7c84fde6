export { createSpool } from './spool.ts';
export type * from './types.ts';

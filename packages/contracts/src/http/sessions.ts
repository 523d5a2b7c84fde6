import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';

/** A login on one device; `lastSeenAt` is at most a minute behind. */
export const SessionView = z
  .object({
    id: Id,
    /** The `User-Agent` of the login. */
    device: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: Timestamp,
    lastSeenAt: Timestamp,
    /** The one that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });

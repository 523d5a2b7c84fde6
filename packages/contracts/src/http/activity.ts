import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { Person } from './submissions.ts';

/** Something that was done and is on record. */
export const ActivityItem = z
  .object({
    id: Id,
    /** What was done, as `decision.made`. */
    action: z.string(),
    /** Null: Gradeflow itself, or a student whose name anonymous marking withholds. */
    actor: Person.nullable(),
    /** What it was done to. `label` is null where it has none; of a sheet a neutral one while anonymous marking hides names. */
    subject: z.object({ type: z.string(), id: Id, label: z.string().nullable() }),
    at: Timestamp,
  })
  .meta({ id: 'Activity' });
export type ActivityItem = z.infer<typeof ActivityItem>;

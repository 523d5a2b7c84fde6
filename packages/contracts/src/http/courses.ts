import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { EmailAddress, PersonName } from './accounts.ts';
import { PageQuery } from './paging.ts';
import { PersonState } from './people.ts';
import { Person } from './submissions.ts';

export const CourseBody = z.object({ name: z.string().trim().min(1).max(200) });
export const CourseView = z
  .object({
    id: Id,
    name: z.string(),
    createdAt: Timestamp,
    teachers: z.array(Person),
    /** How many are enrolled. */
    students: z.number().int().nonnegative(),
  })
  .meta({ id: 'Course' });
export const TeachersBody = z.object({ userIds: z.array(Id).min(1).max(100) });

/** One line of a roster. */
export const RosterLine = z.object({
  email: EmailAddress,
  name: PersonName,
  rollNumber: z
    .string()
    .trim()
    .max(50)
    .transform((text) => text || null)
    .nullable()
    .default(null),
});
export type RosterLine = z.infer<typeof RosterLine>;
export const RosterAnswer = z.object({
  /** Of the rows, those who were not in the course before. */
  enrolled: z.number().int().nonnegative(),
  /** Of the rows, those who had no account before; a mail is on its way to each. */
  invited: z.number().int().nonnegative(),
});
export const RosterListQuery = PageQuery.extend({ q: z.string().max(200).optional() });
export const RosterEntryView = z
  .object({ userId: Id, name: z.string(), email: z.string(), rollNumber: z.string().nullable(), state: PersonState })
  .meta({ id: 'RosterEntry' });

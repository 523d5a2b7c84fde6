import { z } from 'zod';

/** Every id is a UUID; Gradeflow makes version 7 (sortable by time), and accepts any on input so that a wrong id is 404, not 400. */
export const Id = z.guid();
export type Id = z.infer<typeof Id>;

/** RFC 3339 in UTC. */
export const Timestamp = z.iso.datetime();

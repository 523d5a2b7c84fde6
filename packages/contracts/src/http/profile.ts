import { z } from 'zod';
import { Role } from '../domain.ts';
import { Id } from '../ids.ts';

const maxPreferenceBytes = 4_096;

function accepts(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const fields = {
  name: z.string().trim().min(1).max(200),
  /** BCP 47, e.g. `de-CH`. */
  locale: z
    .string()
    .max(35)
    .refine((locale) => accepts(() => Intl.getCanonicalLocales(locale)), 'is no language tag')
    .nullable(),
  /** IANA, e.g. `Europe/Zurich`. */
  timeZone: z
    .string()
    .max(64)
    .refine((timeZone) => accepts(() => new Intl.DateTimeFormat('en', { timeZone })), 'is no time zone')
    .nullable(),
  /** Whatever one's own pages want to remember. */
  preferences: z
    .record(z.string(), z.json())
    .refine((value) => new TextEncoder().encode(JSON.stringify(value)).length <= maxPreferenceBytes, `takes ${maxPreferenceBytes} bytes`),
};

export const ProfileView = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    role: Role,
    institution: z.object({ id: Id, name: z.string() }),
    emailVerified: z.boolean(),
    locale: z.string().nullable(),
    timeZone: z.string().nullable(),
    preferences: z.record(z.string(), z.json()),
  })
  .meta({ id: 'Profile' });
export type ProfileView = z.infer<typeof ProfileView>;

export const PatchProfileBody = z.strictObject(fields).partial();
export type PatchProfileBody = z.infer<typeof PatchProfileBody>;

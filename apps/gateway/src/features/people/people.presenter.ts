import type { PersonView } from '@gradeflow/contracts';
import type { AccountHolder } from '@gradeflow/database';
import type { z } from 'zod';

/** An account as admins see it. */
export function presentPerson({ id, email, name, role, state, emailVerified, createdAt }: AccountHolder): z.infer<typeof PersonView> {
  return { id, email, name, role, state, emailVerified, createdAt: createdAt.toISOString() };
}

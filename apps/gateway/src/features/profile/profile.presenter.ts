import type { ProfileView } from '@gradeflow/contracts';
import type { Profile } from '@gradeflow/database';

/** A person as that person sees it. */
export function presentProfile({
  id,
  email,
  name,
  role,
  institution,
  emailVerifiedAt,
  locale,
  timeZone,
  preferences,
}: Profile): ProfileView {
  return {
    ...{ id, email, name, role, locale, timeZone },
    institution: { id: institution.id, name: institution.name },
    emailVerified: emailVerifiedAt !== null,
    preferences: preferences as ProfileView['preferences'],
  };
}

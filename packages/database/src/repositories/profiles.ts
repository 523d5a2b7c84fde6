import type { Role } from '@gradeflow/contracts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';

/** A person as that person sees it. */
export interface Profile {
  id: string;
  email: string;
  name: string;
  role: Role;
  institution: { id: string; name: string };
  emailVerifiedAt: Date | null;
  locale: string | null;
  timeZone: string | null;
  preferences: Record<string, unknown>;
}

export interface ProfileRepository {
  find(userId: string): Promise<Profile | null>;
  /** Fields that are left out stay. Throws NotFoundError USER_NOT_FOUND. */
  update(userId: string, patch: Partial<Pick<Profile, 'name' | 'locale' | 'timeZone' | 'preferences'>>): Promise<Profile>;
}

const select = {
  ...{ id: true, email: true, name: true, role: true, emailVerifiedAt: true, locale: true, timeZone: true, preferences: true },
  institution: { select: { id: true, name: true } },
} as const;

export function createProfileRepository(prisma: PrismaClient): ProfileRepository {
  const find = async (userId: string) => {
    const row = await prisma.user.findUnique({ where: { id: userId }, select });
    return row && { ...row, preferences: row.preferences as Record<string, unknown> };
  };
  return {
    find,
    update: async (userId, { name, preferences, ...rest }) => {
      const data = {
        ...rest,
        ...(name === undefined ? {} : { name: storableText(name) }),
        ...(preferences === undefined ? {} : { preferences: JSON.parse(storableJson(preferences)) as Prisma.InputJsonValue }),
      };
      await prisma.user.update({ where: { id: userId }, data });
      const profile = await find(userId);
      if (!profile) throw notFound('user');
      return profile;
    },
  };
}

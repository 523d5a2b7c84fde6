import type { PrismaClient } from '../generated/client.ts';
import type { UserRepository } from '../types.ts';

const columns = { id: true, institutionId: true, email: true, name: true, role: true, passwordHash: true } as const;

/** E-mail addresses are kept and found in lower case; one that is taken gives ConflictError ALREADY_EXISTS. */
export function createUserRepository(prisma: PrismaClient): UserRepository {
  return {
    findByEmail: (email) => prisma.user.findUnique({ where: { email: email.toLowerCase() }, select: columns }),
    find: (id) => prisma.user.findUnique({ where: { id }, select: columns }),
    async insert({ id, institutionId, email, name, role, passwordHash }) {
      await prisma.user.create({ data: { id, institutionId, email: email.toLowerCase(), name, role, passwordHash } });
    },
  };
}

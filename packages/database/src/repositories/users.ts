import type { Role } from '@gradeflow/contracts';
import type { PrismaClient } from '../generated/client.ts';

/** Domain objects: plain data, no Prisma types. Dates are Date. */
export interface User {
  id: string;
  institutionId: string;
  email: string;
  name: string;
  role: Role;
  /** PHC string of argon2id; null while invited. */
  passwordHash: string | null;
}

export interface UserRepository {
  findByEmail(email: string): Promise<User | null>;
  find(id: string): Promise<User | null>;
  insert(user: User): Promise<void>;
}

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

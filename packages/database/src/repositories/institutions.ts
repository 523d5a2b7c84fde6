import type { PrismaClient } from '../generated/client.ts';
import type { InstitutionRepository } from '../types.ts';

export function createInstitutionRepository(prisma: PrismaClient): InstitutionRepository {
  return {
    async insert({ id, name }) {
      await prisma.institution.create({ data: { id, name } });
    },
    findFirst: () => prisma.institution.findFirst({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: { id: true, name: true } }),
  };
}

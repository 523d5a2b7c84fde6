import { uuidv7 } from 'uuidv7';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableText } from '../storable.ts';

export interface InstitutionRepository {
  insert(institution: { id: string; name: string }): Promise<void>;
  /** The oldest institution: its admins are the operators. */
  findFirst(): Promise<{ id: string; name: string } | null>;
  find(id: string): Promise<Institution | null>;
  /** What is left out stays; `modelBudget` null takes the cap away. Leaves an audit event. */
  update(
    id: string,
    patch: { name?: string | undefined; modelBudget?: Institution['modelBudget'] | undefined },
    by: string,
  ): Promise<Institution>;
}

export interface Institution {
  id: string;
  name: string;
  /** What models may cost in a month; null: no cap. */
  modelBudget: { amount: number; currency: string } | null;
}

const columns = { id: true, name: true, modelBudget: true, modelBudgetCurrency: true } as const;

export function createInstitutionRepository(prisma: PrismaClient): InstitutionRepository {
  return {
    async insert({ id, name }) {
      await prisma.institution.create({ data: { id, name } });
    },
    findFirst: () => prisma.institution.findFirst({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: { id: true, name: true } }),

    async find(id) {
      const row = await prisma.institution.findUnique({ where: { id }, select: columns });
      return row && toInstitution(row);
    },

    update: (id, { name, modelBudget }, by) =>
      prisma.$transaction(async (tx) => {
        const data = {
          ...(name === undefined ? {} : { name: storableText(name) }),
          ...(modelBudget === undefined
            ? {}
            : { modelBudget: modelBudget?.amount ?? null, modelBudgetCurrency: modelBudget?.currency ?? null }),
        };
        const row = toInstitution(await tx.institution.update({ where: { id }, data, select: columns }));
        const event = { action: 'institution.changed', subjectType: 'institution', subjectId: id, data: { modelBudget: row.modelBudget } };
        await putOnRecord(tx, { id: uuidv7(), institutionId: id, actorId: by, ...event });
        return row;
      }),
  };
}

function toInstitution({
  modelBudget,
  modelBudgetCurrency,
  ...row
}: Prisma.InstitutionGetPayload<{ select: typeof columns }>): Institution {
  const isCapped = modelBudget !== null && modelBudgetCurrency !== null;
  return { ...row, modelBudget: isCapped ? { amount: modelBudget.toNumber(), currency: modelBudgetCurrency } : null };
}

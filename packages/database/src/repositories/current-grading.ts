import { Prisma } from '../generated/client.ts';

/**
 * Which of a submission's gradings counts: of the machines' gradings the one of the newest run, then the newest. This file is the one place that says so, once for
 * typed queries and once for SQL over the table `grading`.
 */
export const currentFirst = {
  where: { grader: { not: 'human' } } satisfies Prisma.GradingWhereInput,
  orderBy: [{ run: 'desc' }, { createdAt: 'desc' }, { id: 'desc' }] satisfies Prisma.GradingOrderByWithRelationInput[],
};

export const currentFirstSql = {
  where: Prisma.sql`grading.grader <> 'human'`,
  orderBy: Prisma.sql`grading.run DESC, grading.created_at DESC, grading.id DESC`,
};

import { Prisma } from './generated/client.ts';
import type { Assessment } from './repositories/assessments.ts';

/**
 * Anonymous marking: from `anonymous` until results are released, nobody but the student sees whose sheet it is, admins neither. Of an assessment that releases by itself
 * the end is the call to release, too, or `anonymous` taken off.
 */
export function hidesNames({ anonymous, releasedAt }: Pick<Assessment, 'anonymous' | 'releasedAt'>): boolean {
  return anonymous && releasedAt === null;
}

/** The same of the row `assessment`. */
export const namesAreHidden = Prisma.sql`(assessment.anonymous AND assessment.released_at IS NULL)`;

/** `neutralName` of the row `submission`. */
export const neutralNameSql = Prisma.sql`('Sheet ' || lpad((('x' || right(submission.id::text, 7))::bit(28)::int)::text, 9, '0'))`;

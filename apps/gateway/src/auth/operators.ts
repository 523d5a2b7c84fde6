import type { Actor, Database } from '@gradeflow/database';
import { ForbiddenError } from '@gradeflow/errors';

export interface Operators {
  /** Throws ForbiddenError for whoever may not see what crosses institutions. */
  require(actor: Actor): Promise<void>;
}

/** Who was an operator a moment ago is one while Postgres is silent. */
const rememberedMs = 15 * 60_000;

/**
 * The admins of the installation's first institution, and whom `OPERATOR_EMAILS` names. Which institution is the first never changes, so it is asked
 * for once; while Postgres is silent those named by address count for a quarter of an hour.
 */
export function createOperators(options: { database: Pick<Database, 'institutions' | 'users'>; emails: readonly string[] }): Operators {
  const { database, emails } = options;
  const namedUntil = new Map<string, number>();
  let first: string | null = null;

  const isFirst = async (institutionId: string): Promise<boolean> => {
    first ??= (await database.institutions.findFirst())?.id ?? null;
    return first === institutionId;
  };
  const isNamed = async (userId: string): Promise<boolean> => {
    try {
      const user = await database.users.find(userId);
      const named = user !== null && emails.includes(user.email.toLowerCase());
      if (named) namedUntil.set(userId, Date.now() + rememberedMs);
      else namedUntil.delete(userId);
      return named;
    } catch (error) {
      if ((namedUntil.get(userId) ?? 0) > Date.now()) return true;
      throw error;
    }
  };
  const isOperator = async (actor: Actor): Promise<boolean> => {
    if (actor.role === 'ADMIN' && (await isFirst(actor.institutionId))) return true;
    return emails.length > 0 && isNamed(actor.userId);
  };
  return {
    require: async (actor) => {
      if (!(await isOperator(actor))) throw new ForbiddenError({ detail: 'This page is for the operators of the installation.' });
    },
  };
}

import type { Actor, Database } from '@gradeflow/database';
import { ForbiddenError } from '@gradeflow/errors';

export interface Operators {
  /** Throws ForbiddenError for whoever may not see what crosses institutions. */
  require(actor: Actor): Promise<void>;
}

/** The admins of the installation's first institution, and whom `OPERATOR_EMAILS` names. */
export function createOperators(options: { database: Database; emails: readonly string[] }): Operators {
  const { database, emails } = options;
  const isOperator = async (actor: Actor): Promise<boolean> => {
    if (actor.role === 'ADMIN' && (await database.institutions.findFirst())?.id === actor.institutionId) return true;
    if (emails.length === 0) return false;
    const user = await database.users.find(actor.userId);
    return user !== null && emails.includes(user.email.toLowerCase());
  };
  return {
    require: async (actor) => {
      if (!(await isOperator(actor))) throw new ForbiddenError({ detail: 'This page is for the operators of the installation.' });
    },
  };
}

import type { InstitutionView, PatchInstitutionBody } from '@gradeflow/contracts';
import type { Actor, Database, Institution } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import { presentInstitution } from './institutions.presenter.ts';

/** One's own institution; there is no way to another one. */
export interface InstitutionService {
  view(actor: Actor): Promise<InstitutionView>;
  /** For admins; leaves an audit event. */
  patch(actor: Actor, body: PatchInstitutionBody): Promise<InstitutionView>;
}

export function createInstitutionService({ database }: { database: Pick<Database, 'institutions' | 'modelSpending'> }): InstitutionService {
  const present = async (actor: Actor, institution: Institution) =>
    presentInstitution(institution, actor.role === 'ADMIN' ? await database.modelSpending.findSpent(institution.id) : null);
  return {
    view: async (actor) => {
      const institution = await database.institutions.find(actor.institutionId);
      if (!institution) throw new NotFoundError({ code: 'INSTITUTION_NOT_FOUND', detail: 'There is no such institution.' });
      return present(actor, institution);
    },
    patch: async (actor, { name, modelBudget }) => {
      const cap = modelBudget && { amount: modelBudget.amount, currency: modelBudget.currency };
      return present(actor, await database.institutions.update(actor.institutionId, { name, modelBudget: cap }, actor.userId));
    },
  };
}

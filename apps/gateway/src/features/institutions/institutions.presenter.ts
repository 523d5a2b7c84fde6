import type { InstitutionView } from '@gradeflow/contracts';
import type { Institution } from '@gradeflow/database';

/** `spent` null: not for this reader. */
export function presentInstitution({ id, name, modelBudget }: Institution, spent: number | null): InstitutionView {
  return {
    ...{ id, name },
    ...(modelBudget === null ? {} : { modelBudget: { ...modelBudget, period: 'MONTH' as const } }),
    ...(spent === null ? {} : { modelSpent: spent }),
  };
}

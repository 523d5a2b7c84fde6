import type { Actor, Database } from '@gradeflow/database';
import type { Tray, Trays } from '@gradeflow/redis';

/** A person's picked submissions. Every call throws UnavailableError SERVICE_UNAVAILABLE without Redis. */
export interface TrayService {
  /** Without those that one may not see any more. */
  get(actor: Actor): Promise<Tray | null>;
  /** Replaces it; ids twice, and of submissions that one may not see, are left out. */
  put(actor: Actor, submissionIds: readonly string[]): Promise<Tray | null>;
  empty(actor: Actor): Promise<void>;
}

interface Deps {
  database: Pick<Database, 'visible'>;
  trays: Trays;
}

/** The tray holds ids alone, and Postgres judges them each time: whoever loses a course loses its sheets from the tray. */
export function createTrayService({ database: { visible }, trays }: Deps): TrayService {
  return {
    get: async (actor) => {
      const tray = await trays.find(actor.userId);
      if (tray === null) return null;
      const submissionIds = await visible.submissions(actor, tray.submissionIds);
      return submissionIds.length === 0 ? null : { ...tray, submissionIds };
    },
    put: async (actor, submissionIds) => trays.put(actor.userId, await visible.submissions(actor, submissionIds)),
    empty: ({ userId }) => trays.remove(userId),
  };
}

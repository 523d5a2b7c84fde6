import type { Database } from '@gradeflow/database';
import type { Logger } from '@gradeflow/logger';
import type { Services } from './services.ts';

const day = 86_400_000;
/** Rooms and links that have ended open for nobody; so long they can still be looked into. */
export const endedKeepMs = 30 * day;

/** What ends by itself and has to be removed: each work removes what is there and says how much. */
export function listSweeps(
  services: Pick<Services, 'resumable' | 'idempotency'>,
  database: Pick<Database, 'rooms' | 'shareLinks'>,
): Sweep[] {
  return [
    { what: 'expired uploads', remove: () => services.resumable.sweep() },
    { what: 'expired keys', remove: () => services.idempotency.sweep() },
    { what: 'ended rooms', remove: () => database.rooms.sweep(endedKeepMs) },
    { what: 'ended share links', remove: () => database.shareLinks.sweep(endedKeepMs) },
  ];
}

interface Sweep {
  what: string;
  remove(): Promise<number>;
}

/** Runs them all; one that fails holds up no other and is tried again next time. Never throws. */
export async function sweepAll(sweeps: readonly Sweep[], log: Pick<Logger, 'debug' | 'info'>): Promise<void> {
  await Promise.all(
    sweeps.map(async ({ what, remove }) => {
      try {
        const removed = await remove();
        if (removed > 0) log.info({ removed }, `${what} were removed`);
      } catch (error) {
        log.debug({ detail: String(error) }, `${what} could not be removed`);
      }
    }),
  );
}

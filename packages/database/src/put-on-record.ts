import { AsyncLocalStorage } from 'node:async_hooks';
import type { Prisma } from './generated/client.ts';
import type { Database } from './types.ts';

/** What was put on record: enough to wake whoever looks at the record. */
export interface RecordedEvent {
  id: string;
  institutionId: string;
  action: string;
}

/** What the running call of a repository has put on record so far. */
const recording = new AsyncLocalStorage<RecordedEvent[]>();

/**
 * Writes an event of the record; within the transaction that does what it tells of. With `once` the same id again is the same event, else it is a
 * conflict.
 */
export async function putOnRecord(
  tx: Pick<Prisma.TransactionClient, 'auditEvent'>,
  event: Prisma.AuditEventUncheckedCreateInput & { id: string },
  { once = false } = {},
): Promise<void> {
  if (once) await tx.auditEvent.createMany({ data: [event], skipDuplicates: true });
  else await tx.auditEvent.create({ data: event, select: { id: true } });
  const { id, institutionId, action } = event;
  recording.getStore()?.push({ id, institutionId, action });
}

/** The same database, whose calls tell `onRecord` what they have put on record, once it is committed. `onRecord` must not throw. */
export function tellRecord(database: Database, onRecord: (events: RecordedEvent[]) => void): Database {
  const { together: _together, ping, close, ...repositories } = database;
  const telling = Object.entries(repositories).map(([name, repository]) => [name, tellingRepository(repository, onRecord)]);
  const told: Database = { ...Object.fromEntries(telling), ping, close, together: (work) => work(told) };
  return told;
}

type Method = (...args: unknown[]) => Promise<unknown>;

function tellingRepository(repository: object, onRecord: (events: RecordedEvent[]) => void): object {
  const methods = Object.entries(repository as Record<string, Method>).map(([name, method]): [string, Method] => [
    name,
    async (...args) => {
      const events: RecordedEvent[] = [];
      const result = await recording.run(events, () => method(...args));
      if (events.length > 0) onRecord(events);
      return result;
    },
  ]);
  return Object.fromEntries(methods);
}

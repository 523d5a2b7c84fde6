import type { Manifest, UploadPurpose } from '@gradeflow/contracts';
import { type Database, decodeTimeCursor, encodeCursor, type Standstill, toPage } from '@gradeflow/database';
import type { QuarantinedEntry, Spool } from '@gradeflow/spool';
import type { PostgresGuard } from '../../access/postgres-guard.ts';
import { ownFaults } from './own-faults.ts';

/** What may stand still, as Postgres, the spool or the quarantine knows it. */
export type Candidate = { id: string; since: Date } & (
  | { source: 'row'; row: Standstill }
  /** Accepted and not recorded; Postgres may be away. */
  | { source: 'spool'; purpose: UploadPurpose; manifest: Manifest }
  | { source: 'quarantine'; entry: QuarantinedEntry }
);

export type UnknownSource = 'database' | 'spool';

export interface StuckCandidates {
  /** One page, longest standing first; and what could not be asked. */
  list(query: { limit: number; cursor?: string | undefined }): Promise<{
    items: Candidate[];
    nextCursor: string | null;
    unknown: UnknownSource[];
  }>;
  /** How many stand still, of rows and spool alike; 0 of what could not be asked. */
  count(): Promise<number>;
}

interface Deps {
  database: Pick<Database, 'standstills'>;
  spool: Pick<Spool, 'listReady' | 'findManifest' | 'isDeleted' | 'listQuarantined'>;
  guard: PostgresGuard;
  /** Longer without any change is standing still. */
  afterMs: number;
}

const cursorName = 'stuck';
const idsAtOnce = 1_000;

export function createStuckCandidates({ database, spool, guard, afterMs }: Deps): StuckCandidates {
  const query = { stillMs: afterMs, ownFaults };

  const recorded = async (ids: string[]): Promise<Set<string> | null> => {
    const asked = await guard.ask(() => database.standstills.known(ids));
    return asked.answered ? asked.value : null;
  };

  /** Ids in the spool that have no row, oldest first; all of them while Postgres is away. */
  const unrecordedIds = async (after: Place | null): Promise<string[]> => {
    const ids: string[] = [];
    let databaseUp = true;
    const old: string[] = [];
    for await (const id of spool.listReady()) {
      const place = { id, since: timeOf(id) };
      if (Date.now() - place.since.getTime() >= afterMs && (after === null || compare(place, after) > 0)) old.push(id);
    }
    for (let start = 0; start < old.length; start += idsAtOnce) {
      const some = old.slice(start, start + idsAtOnce);
      const known: Set<string> | null = databaseUp ? await recorded(some) : null;
      databaseUp = known !== null;
      ids.push(...some.filter((id) => !known?.has(id)));
    }
    return ids.sort((a, b) => compare({ id: a, since: timeOf(a) }, { id: b, since: timeOf(b) }));
  };

  const spooled = async (after: Place | null, limit: number): Promise<Candidate[]> => {
    const found: Candidate[] = [];
    for (const id of await unrecordedIds(after)) {
      if (found.length > limit) break;
      // A damaged one is set apart by the reconciler and then stands in the quarantine.
      const manifest = (await spool.isDeleted(id)) ? null : await spool.findManifest(id).catch(() => null);
      if (manifest) found.push({ id, since: timeOf(id), source: 'spool', purpose: manifest.purpose ?? 'submission', manifest });
    }
    return found;
  };

  const setApart = async (after: Place | null): Promise<Candidate[]> => {
    const entries = await spool.listQuarantined();
    return entries
      .map((entry): Candidate => ({ id: entry.id, since: entry.since, source: 'quarantine', entry }))
      .filter((candidate) => after === null || compare(candidate, after) > 0);
  };

  return {
    list: async ({ limit, cursor }) => {
      const after = cursor === undefined ? null : placeOf(cursor);
      const asked = await guard.ask(() => database.standstills.list({ ...query, limit, cursor }));
      const rows = asked.answered ? asked.value.items.map((row): Candidate => ({ id: row.id, since: row.since, source: 'row', row })) : [];
      const inSpool = await Promise.all([spooled(after, limit), setApart(after)]).catch(() => null);
      const merged = [...rows, ...(inSpool ?? []).flat()].toSorted(compare);
      // Rows were cut to a page already: what lies behind their last one may have others before it.
      const page = toPage(merged, limit, ({ since, id }) => encodeCursor(cursorName, { key: since.toISOString(), id }));
      const last = page.items.at(-1);
      const moreRows = asked.answered && asked.value.nextCursor !== null;
      const nextCursor =
        page.nextCursor ?? (moreRows && last ? encodeCursor(cursorName, { key: last.since.toISOString(), id: last.id }) : null);
      const unknown: UnknownSource[] = [...(asked.answered ? [] : ['database' as const]), ...(inSpool ? [] : ['spool' as const])];
      return { items: page.items, nextCursor, unknown };
    },

    count: async () => {
      const asked = await guard.ask(() => database.standstills.count(query));
      const unrecorded = await unrecordedIds(null).then(
        (ids) => ids.length,
        () => 0,
      );
      const apart = await spool.listQuarantined().then(
        (entries) => entries.length,
        () => 0,
      );
      return (asked.answered ? asked.value : 0) + unrecorded + apart;
    },
  };
}

interface Place {
  id: string;
  since: Date;
}

function placeOf(cursor: string): Place {
  const { at, id } = decodeTimeCursor(cursorName, cursor);
  return { id, since: at };
}

/** As Postgres orders them: by time, then by id. */
function compare(a: Place, b: Place): number {
  return a.since.getTime() - b.since.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** When an upload began: its id is of version 7 and says so. Another id counts as the oldest. */
function timeOf(id: string): Date {
  const isTimed = id[14] === '7';
  return new Date(isTimed ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : 0);
}

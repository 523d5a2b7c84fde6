import { createHash } from 'node:crypto';
import type { ActivityItem, PageQuery } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import type { ActivityTail } from '@gradeflow/redis';
import type { z } from 'zod';
import type { Session } from '../../auth/access-token.ts';

export interface ActivityPage {
  body: { items: z.input<typeof ActivityItem>[]; nextCursor: string | null };
  etag: string;
}

export interface ActivityService {
  /** One page of what this person may see of the record, newest first. */
  list(actor: Session, query: z.output<typeof PageQuery>): Promise<ActivityPage>;
  /**
   * The first page once it is no longer the one that the caller has: as soon as something is put on record, or as it is after `ms`, or when the signal says
   * so. `waited` is false where too many wait already.
   */
  listOnceNews(
    actor: Session,
    query: z.output<typeof PageQuery>,
    options: { isKnown: (etag: string) => boolean; ms: number; signal: AbortSignal },
  ): Promise<ActivityPage & { waited: boolean }>;
}

export function createActivityService({ database, tail }: { database: Database; tail: ActivityTail }): ActivityService {
  const list: ActivityService['list'] = async (actor, query) => {
    const { items, nextCursor } = await database.activity.list(actor, query);
    const body = { items: items.map(({ at, ...item }) => ({ ...item, at: at.toISOString() })), nextCursor };
    return { body, etag: `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"` };
  };

  return {
    list,
    listOnceNews: async (actor, query, { isKnown, ms, signal }) => {
      const until = performance.now() + ms;
      const waited = tail.hasRoom();
      for (;;) {
        // Asked before the page is read: whatever comes after it wakes.
        const end = await tail.end(actor.institutionId);
        const page = await list(actor, query);
        const left = until - performance.now();
        if (!waited || left <= 0 || signal.aborted || !tail.hasRoom() || !isKnown(page.etag)) return { ...page, waited };
        await tail.untilMore(actor.institutionId, end, { ms: left, signal });
      }
    },
  };
}

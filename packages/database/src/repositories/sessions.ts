import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';

/** A login on one device that goes on. */
export interface LiveSession {
  id: string;
  device: string | null;
  address: string | null;
  createdAt: Date;
  lastSeenAt: Date;
}

/** Refresh families as their owners see them. */
export interface SessionRepository {
  /** Newest first. */
  listLive(userId: string, page: { limit: number; cursor?: string | undefined }): Promise<Page<LiveSession>>;
  /** Whether this person had such a session, which has ended now. */
  endOwn(userId: string, id: string): Promise<boolean>;
  /** Ends all of a person; gives the ids of those that were alive. */
  endAll(userId: string): Promise<string[]>;
  /** Writes nothing when it was seen less than a minute ago. */
  touch(id: string): Promise<void>;
}

export function createSessionRepository(prisma: PrismaClient): SessionRepository {
  return {
    async listLive(userId, { limit, cursor }) {
      const after = cursor === undefined ? null : decodeTimeCursor('sessions', cursor);
      const rows = await prisma.$queryRaw<LiveSession[]>`
        SELECT id, device, address, created_at AS "createdAt", last_seen_at AS "lastSeenAt" FROM refresh_family
        WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > now()
          ${after === null ? Prisma.empty : Prisma.sql`AND (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
        ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ createdAt, id }) => encodeCursor('sessions', { key: createdAt.toISOString(), id }));
    },

    endOwn: async (userId, id) =>
      (await prisma.refreshFamily.updateMany({ where: { id, userId, revokedAt: null }, data: { revokedAt: new Date() } })).count > 0,

    async endAll(userId) {
      const ended = await prisma.$queryRaw<Array<{ id: string }>>`
        UPDATE refresh_family SET revoked_at = now() WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > now() RETURNING id`;
      return ended.map(({ id }) => id);
    },

    async touch(id) {
      await prisma.$executeRaw`
        UPDATE refresh_family SET last_seen_at = now() WHERE id = ${id}::uuid AND last_seen_at < now() - interval '1 minute'`;
    },
  };
}

import type { Actor } from '../access.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';

export interface ApiKey {
  id: string;
  name: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

/** Keys of machines: only hashes are stored. */
export interface ApiKeyRepository {
  /** The same id again gives the key another hash: of a first attempt that nobody got an answer of. */
  save(key: { id: string; userId: string; name: string; keyHash: string; expiresAt: Date | null }): Promise<void>;
  /** Whom the key stands for at this moment; null for an unknown or expired one and for one whose maker may not have any. */
  findActor(keyHash: string): Promise<{ id: string; actor: Actor; expiresAt: Date | null } | null>;
  /** Newest first. */
  listOf(userId: string, page: { limit: number; cursor?: string | undefined }): Promise<Page<ApiKey>>;
  /** Whether this person had such a key. */
  removeOwn(userId: string, id: string): Promise<boolean>;
  /** Writes nothing when it was used less than a minute ago. */
  touch(id: string): Promise<void>;
}

export function createApiKeyRepository(prisma: PrismaClient): ApiKeyRepository {
  return {
    async save({ id, userId, name, keyHash, expiresAt }) {
      await prisma.apiKey.upsert({ where: { id }, create: { id, userId, name, keyHash, expiresAt }, update: { keyHash } });
    },

    async findActor(keyHash) {
      const now = new Date();
      const key = await prisma.apiKey.findUnique({
        where: {
          keyHash,
          OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
          user: { removedAt: null, role: { in: ['ADMIN', 'TEACHER'] } },
        },
        select: { id: true, expiresAt: true, user: { select: { id: true, institutionId: true, role: true } } },
      });
      if (!key) return null;
      const { id: userId, institutionId, role } = key.user;
      return { id: key.id, actor: { userId, institutionId, role }, expiresAt: key.expiresAt };
    },

    async listOf(userId, { limit, cursor }) {
      const after = cursor === undefined ? null : decodeTimeCursor('api-keys', cursor);
      const rows = await prisma.$queryRaw<ApiKey[]>`
        SELECT id, name, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt" FROM api_key
        WHERE user_id = ${userId}::uuid
          ${after === null ? Prisma.empty : Prisma.sql`AND (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
        ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ createdAt, id }) => encodeCursor('api-keys', { key: createdAt.toISOString(), id }));
    },

    removeOwn: async (userId, id) => (await prisma.apiKey.deleteMany({ where: { id, userId } })).count > 0,

    async touch(id) {
      await prisma.$executeRaw`
        UPDATE api_key SET last_used_at = now() WHERE id = ${id}::uuid AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
    },
  };
}

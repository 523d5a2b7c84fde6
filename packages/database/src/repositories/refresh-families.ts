import type { PrismaClient } from '../generated/client.ts';

/** Refresh tokens: only hashes are stored. */
export interface RefreshFamilyRepository {
  insert(family: {
    id: string;
    userId: string;
    currentHash: string;
    device: string | null;
    address: string | null;
    expiresAt: Date;
  }): Promise<void>;
  /**
   * One atomic step. `rotated`: presented was current, next is now. `grace`: presented was current until ≤ 10 s ago (two tabs): nothing changed.
   * `reused`: an older token: the family is ended. `unknown`: no such live family.
   */
  rotate(input: {
    familyId: string;
    presentedHash: string;
    nextHash: string;
    now: Date;
  }): Promise<{ outcome: 'rotated' | 'grace' | 'reused' | 'unknown'; userId: string | null }>;
  revoke(familyId: string): Promise<void>;
}

/** Two tabs of one browser may present the same token at once. */
const graceMs = 10_000;

export function createRefreshFamilyRepository(prisma: PrismaClient): RefreshFamilyRepository {
  return {
    async insert({ id, userId, currentHash, device, address, expiresAt }) {
      await prisma.refreshFamily.create({ data: { id, userId, currentHash, device, address, expiresAt } });
    },

    rotate: ({ familyId, presentedHash, nextHash, now }) =>
      prisma.$transaction(async (tx) => {
        // The lock makes the second of two presentations see what the first one did.
        await tx.$queryRaw`SELECT 1 FROM refresh_family WHERE id = ${familyId}::uuid FOR UPDATE`;
        const family = await tx.refreshFamily.findUnique({ where: { id: familyId, revokedAt: null, expiresAt: { gt: now } } });
        if (!family) return { outcome: 'unknown', userId: null };
        const { userId, currentHash, previousHash, rotatedAt } = family;
        if (presentedHash === currentHash) {
          await tx.refreshFamily.update({
            where: { id: familyId },
            data: { currentHash: nextHash, previousHash: presentedHash, rotatedAt: now },
          });
          return { outcome: 'rotated', userId };
        }
        const recent = rotatedAt !== null && now.getTime() - rotatedAt.getTime() <= graceMs;
        if (presentedHash === previousHash && recent) return { outcome: 'grace', userId };
        await tx.refreshFamily.update({ where: { id: familyId }, data: { revokedAt: now } });
        return { outcome: 'reused', userId };
      }),

    async revoke(familyId) {
      await prisma.refreshFamily.updateMany({ where: { id: familyId, revokedAt: null }, data: { revokedAt: new Date() } });
    },
  };
}

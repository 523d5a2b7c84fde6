import type { Role } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { auditAdmin } from './admin-audit.ts';
import type { User } from './users.ts';

/** INVITED: has no password yet. */
export type PersonState = 'INVITED' | 'ACTIVE';

/** Somebody who was not removed. */
export interface AccountHolder extends Omit<User, 'passwordHash'> {
  state: PersonState;
  emailVerified: boolean;
  createdAt: Date;
}

export interface PeopleQuery {
  limit: number;
  cursor?: string | undefined;
  /** A part of name or address. */
  q?: string | undefined;
  role?: Role | undefined;
  state?: PersonState | undefined;
}

/** Accounts and what becomes of them; what a person (`by`) does to them is on record, in the same transaction. Removed people are not found here; their rows stay, since marks name them. */
export interface PeopleRepository {
  /** An institution and its first admin, both or neither. ConflictError ALREADY_EXISTS for a known address. */
  register(institution: { id: string; name: string }, admin: User & { passwordHash: string }): Promise<void>;
  /** Somebody without a password. ConflictError ALREADY_EXISTS for a known address or id. */
  create(user: Pick<User, 'id' | 'institutionId' | 'email' | 'name' | 'role'>, by: string): Promise<void>;
  find(id: string): Promise<AccountHolder | null>;
  /** Of one institution, newest first. */
  listOf(institutionId: string, query: PeopleQuery): Promise<Page<AccountHolder>>;
  /** Throws ConflictError LAST_ADMIN, NotFoundError. */
  update(id: string, changes: { name?: string | undefined; role?: Role | undefined }, by: string): Promise<AccountHolder>;
  /** Takes the person out of courses, keys and invites, and frees the address. Throws ConflictError LAST_ADMIN, NotFoundError. */
  remove(id: string, by: string): Promise<{ institutionId: string }>;
  /** By mail to the person's address, which proves it; ends all invites. False when there is no such person. */
  resetPassword(id: string, passwordHash: string): Promise<boolean>;
  markVerified(id: string): Promise<void>;
  /** The same id again is the same invitation with another token. `by` when a person asks for a further one. */
  invite(invite: { id: string; userId: string; tokenHash: string; expiresAt: Date }, by?: string): Promise<void>;
  /** Uses the invite up, once. Null for one that is not there, over, or used. */
  acceptInvite(input: { tokenHash: string; passwordHash: string; name?: string | undefined }): Promise<User | null>;
}

const columns = Prisma.sql`id, institution_id AS "institutionId", email, name, role, created_at AS "createdAt",
  CASE WHEN password_hash IS NULL THEN 'INVITED' ELSE 'ACTIVE' END AS state, email_verified_at IS NOT NULL AS "emailVerified"`;

export function createPeopleRepository(prisma: PrismaClient): PeopleRepository {
  const find = async (client: Prisma.TransactionClient, id: string): Promise<AccountHolder | null> => {
    const rows = await client.$queryRaw<AccountHolder[]>`SELECT ${columns} FROM "user" WHERE id = ${id}::uuid AND removed_at IS NULL`;
    return rows[0] ?? null;
  };

  return {
    async register(institution, { email, ...admin }) {
      await prisma.institution.create({
        data: { ...institution, users: { create: { ...withoutInstitution(admin), email: email.toLowerCase() } } },
      });
    },

    create: ({ email, ...user }, by) =>
      prisma.$transaction(async (tx) => {
        await tx.user.create({ data: { ...user, email: email.toLowerCase() } });
        const { id: subjectId, institutionId, role } = user;
        await auditAdmin(tx, { institutionId, by, action: 'user.invited', subjectId, data: { role } });
      }),

    find: (id) => find(prisma, id),

    async listOf(institutionId, query) {
      const rows = await prisma.$queryRaw<AccountHolder[]>`
        SELECT ${columns} FROM "user" WHERE institution_id = ${institutionId}::uuid AND removed_at IS NULL ${conditionsOf(query)}
        ORDER BY created_at DESC, id DESC LIMIT ${query.limit + 1}`;
      return toPage(rows, query.limit, ({ createdAt, id }) => encodeCursor('people', { key: createdAt.toISOString(), id }));
    },

    update: (id, { name, role }, by) =>
      prisma.$transaction(async (tx) => {
        if (role !== undefined && role !== 'ADMIN') await keepOneAdmin(tx, id);
        const data = { ...(name === undefined ? {} : { name }), ...(role === undefined ? {} : { role }) };
        const before = await find(tx, id);
        await tx.user.update({ where: { id, removedAt: null }, data });
        const after = (await find(tx, id)) as AccountHolder;
        const fields = [...(before?.name === after.name ? [] : ['name']), ...(before?.role === after.role ? [] : ['role'])];
        const change = { fields, from: before?.role ?? null, to: after.role };
        const { institutionId } = after;
        if (fields.length > 0) await auditAdmin(tx, { institutionId, by, action: 'user.changed', subjectId: id, data: change });
        return after;
      }),

    remove: (id, by) =>
      prisma.$transaction(async (tx) => {
        await keepOneAdmin(tx, id);
        const removed = await tx.user.update({
          select: { institutionId: true },
          where: { id, removedAt: null },
          data: { removedAt: new Date(), passwordHash: null, emailVerifiedAt: null, email: `removed-${id}@removed.invalid` },
        });
        for (const table of [tx.enrolment, tx.courseTeacher, tx.apiKey, tx.invite] as unknown as Removable[])
          await table.deleteMany({ where: { userId: id } });
        await auditAdmin(tx, { ...removed, by, action: 'user.removed', subjectId: id });
        return removed;
      }),

    resetPassword: (id, passwordHash) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.user.updateMany({ where: { id, removedAt: null }, data: { passwordHash, emailVerifiedAt: new Date() } });
        if (count > 0) await tx.invite.deleteMany({ where: { userId: id } });
        return count > 0;
      }),

    async markVerified(id) {
      await prisma.user.updateMany({ where: { id, removedAt: null, emailVerifiedAt: null }, data: { emailVerifiedAt: new Date() } });
    },

    invite: (invite, by) =>
      prisma.$transaction(async (tx) => {
        const { id, userId, ...renewed } = invite;
        await tx.invite.upsert({ where: { id }, create: invite, update: renewed });
        if (by === undefined) return;
        const { institutionId } = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { institutionId: true } });
        await auditAdmin(tx, { id, institutionId, by, action: 'user.invited_again', subjectId: userId });
      }),

    acceptInvite: ({ tokenHash, passwordHash, name }) =>
      prisma.$transaction(async (tx) => {
        // Deleting is what makes it good once: of two at the same time the second finds no row.
        const used = await tx.$queryRaw<Array<{ userId: string; live: boolean }>>`
          DELETE FROM invite WHERE token_hash = ${tokenHash} RETURNING user_id AS "userId", expires_at > now() AS live`;
        const userId = used[0]?.live ? used[0].userId : null;
        if (userId === null) return null;
        const { count } = await tx.user.updateMany({
          where: { id: userId, removedAt: null, passwordHash: null },
          data: { passwordHash, ...(name === undefined ? {} : { name }) },
        });
        if (count === 0) return null;
        await tx.invite.deleteMany({ where: { userId } });
        return tx.user.findUnique({ where: { id: userId }, omit: { createdAt: true, emailVerifiedAt: true, removedAt: true } });
      }),
  };
}

interface Removable {
  deleteMany(args: { where: { userId: string } }): Promise<unknown>;
}

function withoutInstitution<T extends { institutionId: string }>({ institutionId: _, ...rest }: T): Omit<T, 'institutionId'> {
  return rest;
}

function conditionsOf({ q, role, state, cursor }: PeopleQuery): Prisma.Sql {
  const after = cursor === undefined ? null : decodeTimeCursor('people', cursor);
  const part = q === undefined || q === '' ? null : `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return Prisma.join(
    [
      Prisma.empty,
      ...(role === undefined ? [] : [Prisma.sql`AND role = ${role}::role`]),
      ...(state === undefined ? [] : [Prisma.sql`AND (password_hash IS NULL) = ${state === 'INVITED'}`]),
      ...(part === null ? [] : [Prisma.sql`AND (name ILIKE ${part} OR email ILIKE ${part})`]),
      ...(after === null ? [] : [Prisma.sql`AND (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
    ],
    ' ',
  );
}

/** The lock on all admins makes the second of two, who step down at the same time, see the first. */
async function keepOneAdmin(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const admins = await tx.$queryRaw<Array<{ id: string }>>`
    SELECT id FROM "user" WHERE role = 'ADMIN' AND removed_at IS NULL AND password_hash IS NOT NULL
      AND institution_id = (SELECT institution_id FROM "user" WHERE id = ${id}::uuid) ORDER BY id FOR UPDATE`;
  if (admins.length === 1 && admins[0]?.id === id)
    throw new ConflictError({ code: 'LAST_ADMIN', detail: 'This is the last admin of the institution: make somebody else one first.' });
}

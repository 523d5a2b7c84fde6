import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableText } from '../storable.ts';
import type { Submission } from './submissions.ts';

export interface Room {
  id: string;
  /** Six digits, unique among open rooms. */
  pin: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  /** Raised by every join. */
  version: number;
  createdAt: Date;
  expiresAt: Date;
}

/** The newest submission of a participant to the room's assessment, as far as its progress needs. */
export type RoomSubmission = Pick<Submission, 'id' | 'status' | 'run' | 'pagesTotal' | 'pagesDone' | 'persisted'> & { graded: boolean };

export interface RoomParticipant {
  userId: string;
  displayName: string;
  submission: RoomSubmission | null;
}

export interface RoomScore {
  userId: string;
  displayName: string;
  score: number;
}

/** Rooms are open until they are closed or expire, by the clock of Postgres; only open ones are found, and only while their assessment exists. */
export interface RoomRepository {
  /** Under an id that is there already it changes nothing and gives that room. Null when an open room has this PIN, or when its maker has `maxOpen` open rooms already (a few more when many are made at once). */
  insert(
    room: Pick<Room, 'id' | 'pin' | 'institutionId' | 'assessmentId' | 'createdBy'> & { minutes: number; maxOpen: number },
  ): Promise<Room | null>;
  countOpen(createdBy: string): Promise<number>;
  /** `joined`: whether this person is in it. */
  findOpen(pin: string, userId: string): Promise<(Room & { joined: boolean }) | null>;
  /** Once a person; again changes the name. Null when the room is not open any more, or has `maxParticipants` (a few more when many join at once). */
  join(room: { id: string; userId: string; displayName: string; maxParticipants: number }): Promise<Room | null>;
  /** Open ones that this person made or joined, newest first. */
  listOpenOf(
    userId: string,
    query: { limit: number; cursor?: string | undefined },
  ): Promise<Page<Room & { participants: number; joined: boolean }>>;
  /** In the order of joining. */
  listParticipants(roomId: string): Promise<RoomParticipant[]>;
  /** Of each participant the newest submission that has been graded; nobody's while the assessment's marks are withheld. Best first. */
  listScores(roomId: string): Promise<RoomScore[]>;
  /** The one of this PIN that was closed last, by somebody or for want of its PIN. */
  findClosed(pin: string, institutionId: string): Promise<Room | null>;
  /** With an event of this id on record, in one transaction. False when it is not open any more. */
  close(id: string, event: { id: string; by: string }): Promise<boolean>;
  /** Removes those that ended longer ago, with who was in them; returns how many, some thousands at a time. */
  sweep(keepMs: number): Promise<number>;
}

const sweptAtOnce = 5_000;
const columns = Prisma.sql`room.id, room.pin, room.institution_id AS "institutionId", room.assessment_id AS "assessmentId", room.created_by AS "createdBy", room.version,
  room.created_at AS "createdAt", room.expires_at AS "expiresAt"`;
const isOpen = Prisma.sql`room.closed_at IS NULL AND room.expires_at > now()`;
const isIn = (userId: string) => Prisma.sql`EXISTS (SELECT 1 FROM room_participant WHERE room_id = room.id AND user_id = ${userId}::uuid)`;
const countOpen = (createdBy: string) =>
  Prisma.sql`SELECT count(*)::int AS count FROM room WHERE room.created_by = ${createdBy}::uuid AND ${isOpen}`;

export function createRoomRepository(prisma: PrismaClient): RoomRepository {
  const findById = async (id: string) => {
    const [row] = await prisma.$queryRaw<Room[]>`SELECT ${columns} FROM room WHERE room.id = ${id}::uuid`;
    return row ?? null;
  };
  return {
    async insert({ id, pin, institutionId, assessmentId, createdBy, minutes, maxOpen }) {
      // The index that keeps PINs apart knows no time: an expired room gives its PIN up when somebody wants it.
      await prisma.$executeRaw`UPDATE room SET closed_at = expires_at WHERE pin = ${pin} AND closed_at IS NULL AND expires_at <= now()`;
      const [row] = await prisma.$queryRaw<Room[]>`
        INSERT INTO room (id, pin, institution_id, assessment_id, created_by, expires_at)
        SELECT ${id}::uuid, ${pin}, ${institutionId}::uuid, ${assessmentId}::uuid, ${createdBy}::uuid, now() + ${minutes}::int * interval '1 minute'
        WHERE (${countOpen(createdBy)}) < ${maxOpen}::int
        ON CONFLICT DO NOTHING RETURNING ${columns}`;
      return row ?? findById(id);
    },

    async countOpen(createdBy) {
      const rows = await prisma.$queryRaw<[{ count: number }]>`${countOpen(createdBy)}`;
      return rows[0].count;
    },

    async findOpen(pin, userId) {
      const [row] = await prisma.$queryRaw<Array<Room & { joined: boolean }>>`
        SELECT ${columns}, ${isIn(userId)} AS joined FROM room JOIN assessment ON assessment.id = room.assessment_id AND assessment.deleted_at IS NULL
        WHERE room.pin = ${pin} AND ${isOpen}`;
      return row ?? null;
    },

    async join({ id, userId, displayName, maxParticipants }) {
      const [row] = await prisma.$queryRaw<Room[]>`
        WITH room AS (
          UPDATE room SET version = version + 1
          WHERE room.id = ${id}::uuid AND ${isOpen}
            AND (${isIn(userId)} OR (SELECT count(*) FROM room_participant WHERE room_id = ${id}::uuid) < ${maxParticipants}::int)
          RETURNING room.*
        ), joined AS (
          INSERT INTO room_participant (room_id, user_id, display_name) SELECT room.id, ${userId}::uuid, ${storableText(displayName)} FROM room
          ON CONFLICT (room_id, user_id) DO UPDATE SET display_name = EXCLUDED.display_name
        )
        SELECT ${columns} FROM room`;
      return row ?? null;
    },

    async listOpenOf(userId, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('rooms', cursor);
      const rows = await prisma.$queryRaw<Array<Room & { participants: number; joined: boolean }>>`
        SELECT ${columns}, ${isIn(userId)} AS joined, (SELECT count(*)::int FROM room_participant WHERE room_id = room.id) AS participants
        FROM room JOIN assessment ON assessment.id = room.assessment_id AND assessment.deleted_at IS NULL
        WHERE (room.created_by = ${userId}::uuid OR room.id IN (SELECT room_id FROM room_participant WHERE user_id = ${userId}::uuid)) AND ${isOpen}
          ${after === undefined ? Prisma.empty : Prisma.sql`AND (room.created_at, room.id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
        ORDER BY room.created_at DESC, room.id DESC LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ createdAt, id }) => encodeCursor('rooms', { key: createdAt.toISOString(), id }));
    },

    async listParticipants(roomId) {
      const rows = await prisma.$queryRaw<ParticipantRow[]>`
        SELECT participant.user_id AS "userId", participant.display_name AS "displayName", submission.id, submission.status::text AS status, submission.run,
          submission.pages_total AS "pagesTotal", COALESCE(extract.pages_done, 0) AS "pagesDone", COALESCE(persist.persisted, false) AS persisted,
          submission.score IS NOT NULL AS graded
        ${fromParticipants(roomId)}
        LEFT JOIN LATERAL (${newestSubmission}) AS submission ON true
        LEFT JOIN submission_stage AS extract ON extract.submission_id = submission.id AND extract.name = 'extract'
        LEFT JOIN submission_stage AS persist ON persist.submission_id = submission.id AND persist.name = 'persist'
        ORDER BY participant.joined_at, participant.user_id`;
      return rows.map(({ userId, displayName, id, ...row }) => ({ userId, displayName, submission: id === null ? null : { id, ...row } }));
    },

    listScores: (roomId) => prisma.$queryRaw<RoomScore[]>`
      SELECT participant.user_id AS "userId", participant.display_name AS "displayName", submission.score
      ${fromParticipants(roomId)}
      JOIN assessment ON assessment.id = room.assessment_id AND assessment.deleted_at IS NULL AND (assessment.release <> 'MANUAL' OR assessment.released_at IS NOT NULL)
      JOIN LATERAL (${newestGraded}) AS submission ON true
      ORDER BY submission.score DESC, participant.user_id`,

    async findClosed(pin, institutionId) {
      const [row] = await prisma.$queryRaw<Room[]>`
        SELECT ${columns} FROM room WHERE room.pin = ${pin} AND room.institution_id = ${institutionId}::uuid AND room.closed_at IS NOT NULL
        ORDER BY room.closed_at DESC LIMIT 1`;
      return row ?? null;
    },

    close: (id, event) =>
      prisma.$transaction(async (tx) => {
        const [closed] = await tx.$queryRaw<
          Room[]
        >`UPDATE room SET closed_at = now() WHERE room.id = ${id}::uuid AND ${isOpen} RETURNING ${columns}`;
        if (!closed) return false;
        const { institutionId, assessmentId } = closed;
        await putOnRecord(tx, {
          ...{ id: event.id, institutionId, actorId: event.by, assessmentId, action: 'room.closed' },
          ...{ subjectType: 'room', subjectId: id, data: {} },
        });
        return true;
      }),

    sweep: (keepMs) => prisma.$executeRaw`
      DELETE FROM room WHERE id IN (SELECT id FROM room WHERE LEAST(closed_at, expires_at) < now() - ${keepMs} * interval '1 millisecond' LIMIT ${sweptAtOnce})`,
  };
}

type ParticipantRow = Pick<RoomParticipant, 'userId' | 'displayName'> & Omit<RoomSubmission, 'id'> & { id: string | null };

const fromParticipants = (roomId: string) =>
  Prisma.sql`FROM room_participant AS participant JOIN room ON room.id = participant.room_id AND room.id = ${roomId}::uuid`;

/** Theirs to that assessment, as the index on student and time finds them. */
const ofParticipant = Prisma.sql`SELECT * FROM submission AS own WHERE own.student_id = participant.user_id AND own.assessment_id = room.assessment_id
  AND own.institution_id = room.institution_id AND own.deleted_at IS NULL`;
const newestFirst = Prisma.sql`ORDER BY own.created_at DESC, own.id DESC LIMIT 1`;
const newestSubmission = Prisma.sql`${ofParticipant} ${newestFirst}`;
const newestGraded = Prisma.sql`${ofParticipant} AND own.score IS NOT NULL ${newestFirst}`;

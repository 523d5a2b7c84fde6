import { randomInt } from 'node:crypto';
import type { CreateRoomBody } from '@gradeflow/contracts';
import type { Actor, Database, Page, Room } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import type { Visibility } from '../../access/visibility.ts';

/** `join`: everybody of the institution. `see`: who has joined, and who manages the assessment. `close`: the latter alone. */
export type RoomPurpose = 'join' | 'see' | 'close';

export interface RoomService {
  /** Under an id that has a room already it gives that room. Throws NotFoundError or ForbiddenError of the assessment, ConflictError TOO_MANY_ROOMS, NO_FREE_PIN. */
  create(actor: Actor, id: string, body: CreateRoomBody): Promise<Room>;
  /**
   * The open room of this PIN; to close it also one that was closed before, of which an earlier attempt may be told. Throws NotFoundError ROOM_NOT_FOUND when it is unknown, expired, closed, another institution's, or a student has not joined it;
   * ForbiddenError for colleagues.
   */
  find(actor: Actor, pin: string, purpose: RoomPurpose): Promise<Room>;
  /** Again changes the name. Throws NotFoundError ROOM_NOT_FOUND when it has ended meanwhile, ConflictError ROOM_FULL. */
  join(actor: Actor, room: Room, displayName: string): Promise<Room>;
  list(
    actor: Actor,
    query: { limit: number; cursor?: string | undefined },
  ): Promise<Page<Room & { participants: number; joined: boolean }>>;
  /** The same id again closes nothing. Throws NotFoundError ROOM_NOT_FOUND when it has ended without this call. */
  close(actor: Actor, id: string, room: Room): Promise<void>;
}

/** Open rooms of one person: 2,000 busy teachers would fill the PINs. */
const maxOpen = 500;
const maxParticipants = 1_000;
/** With half of all PINs in use, one creation in a million ends without one. */
const maxTries = 20;

function randomPin(): string {
  return String(randomInt(1_000_000)).padStart(6, '0');
}

interface Deps {
  database: Pick<Database, 'rooms' | 'audit'>;
  visibility: Pick<Visibility, 'assessment'>;
  makePin?: () => string;
}

export function createRoomService({ database: { rooms, audit }, visibility, makePin = randomPin }: Deps): RoomService {
  return {
    create: async (actor, id, { assessmentId, minutes }) => {
      const { institutionId } = await visibility.assessment(actor, assessmentId, 'manage');
      for (let tries = 0; tries < maxTries; tries++) {
        const room = { id, pin: makePin(), institutionId, assessmentId, createdBy: actor.userId, minutes, maxOpen };
        const made = await rooms.insert(room);
        if (made) return made;
        if ((await rooms.countOpen(actor.userId)) >= maxOpen)
          throw new ConflictError({ code: 'TOO_MANY_ROOMS', detail: `A person has ${maxOpen} open rooms at most; close some first.` });
      }
      throw new ConflictError({ code: 'NO_FREE_PIN', detail: 'No free PIN was found; too many rooms are open.' });
    },

    find: async (actor, pin, purpose) => {
      const open = await rooms.findOpen(pin, actor.userId);
      const own = open?.institutionId === actor.institutionId ? open : null;
      if (own && (purpose === 'join' || (purpose === 'see' && own.joined))) return own;
      const room = own ?? (purpose === 'close' ? await rooms.findClosed(pin, actor.institutionId) : null);
      if (!room) throw noRoom();
      if (actor.role === 'STUDENT') throw noRoom();
      await visibility.assessment(actor, room.assessmentId, 'manage');
      return room;
    },

    join: async (actor, { id, pin }, displayName) => {
      const joined = await rooms.join({ id, userId: actor.userId, displayName, maxParticipants });
      if (joined) return joined;
      if ((await rooms.findOpen(pin, actor.userId))?.id !== id) throw noRoom();
      throw new ConflictError({ code: 'ROOM_FULL', detail: `A room has ${maxParticipants} participants at most.` });
    },

    list: (actor, query) => rooms.listOpenOf(actor.userId, query),

    close: async ({ userId }, id, room) => {
      if (await audit.find(id)) return;
      if (!(await rooms.close(room.id, { id, by: userId }))) throw noRoom();
    },
  };
}

function noRoom(): NotFoundError {
  return new NotFoundError({ code: 'ROOM_NOT_FOUND', detail: 'There is no open room with this PIN.' });
}

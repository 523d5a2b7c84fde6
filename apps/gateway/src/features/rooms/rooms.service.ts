import { randomInt } from 'node:crypto';
import type { CreateRoomBody } from '@gradeflow/contracts';
import type { Actor, Database, Page, Room } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import type { Visibility } from '../../access/visibility.ts';

/** `join`: everybody of the institution. `see`: who has joined, and who manages the assessment. `manage`: the latter alone. */
export type RoomPurpose = 'join' | 'see' | 'manage';

export interface RoomService {
  /** Under an id that has a room already it gives that room. Throws NotFoundError or ForbiddenError of the assessment, ConflictError TOO_MANY_ROOMS, NO_FREE_PIN. */
  create(actor: Actor, id: string, body: CreateRoomBody): Promise<Room>;
  /**
   * The open room of this PIN. Throws NotFoundError ROOM_NOT_FOUND when it is unknown, expired, closed, another institution's, or a student has not joined it;
   * ForbiddenError for colleagues.
   */
  find(actor: Actor, pin: string, purpose: RoomPurpose): Promise<Room>;
  /** Again changes the name. Throws NotFoundError ROOM_NOT_FOUND when it has ended meanwhile, ConflictError ROOM_FULL. */
  join(actor: Actor, room: Room, displayName: string): Promise<Room>;
  list(
    actor: Actor,
    query: { limit: number; cursor?: string | undefined },
  ): Promise<Page<Room & { participants: number; joined: boolean }>>;
  /** Throws NotFoundError ROOM_NOT_FOUND when it has ended meanwhile. */
  close(room: Room): Promise<void>;
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
  database: Pick<Database, 'rooms'>;
  visibility: Pick<Visibility, 'assessment'>;
  makePin?: () => string;
}

export function createRoomService({ database: { rooms }, visibility, makePin = randomPin }: Deps): RoomService {
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
      const room = await rooms.findOpen(pin, actor.userId);
      if (!room || room.institutionId !== actor.institutionId) throw noRoom();
      if (purpose === 'join' || (purpose === 'see' && room.joined)) return room;
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

    close: async ({ id }) => {
      if (!(await rooms.close(id))) throw noRoom();
    },
  };
}

function noRoom(): NotFoundError {
  return new NotFoundError({ code: 'ROOM_NOT_FOUND', detail: 'There is no open room with this PIN.' });
}

import { type Leaderboard, RoomPerson, type RoomView } from '@gradeflow/contracts';
import type { Database, Room } from '@gradeflow/database';
import type { Presence, RoomCopies } from '@gradeflow/redis';
import { z } from 'zod';
import { percentOf } from '../submissions/submissions.presenter.ts';
import { rankScores } from './rank-scores.ts';

/** What a room shows to those who may see it; may they is decided before, by Postgres, each time. */
export interface RoomContents {
  view(room: Room): Promise<RoomView>;
  leaderboard(room: Room): Promise<Leaderboard>;
}

interface Deps {
  database: Pick<Database, 'rooms' | 'stages'>;
  copies: RoomCopies;
  presence: Presence;
}

const People = z.array(RoomPerson);

/**
 * A class asks for the same every few seconds: what was read from Postgres is copied to Redis for two seconds, and those who ask meanwhile in one process wait for one reading. The
 * name of a copy carries the room's version, so that nobody misses a person who has just joined. Without Redis it is read each time, and nobody is online.
 */
export function createRoomContents({ database, copies, presence }: Deps): RoomContents {
  const underWay = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const running = underWay.get(key) ?? read().finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running as Promise<T>;
  };
  const copyName = ({ id, version }: Room) => `${id}:${version}`;
  /** A copy that can not be kept is none; the next one reads again. */
  const keep = (saving: Promise<void>) => void saving.catch(() => {});

  const people = async (room: Room): Promise<RoomPerson[]> => {
    const key = copyName(room);
    const copy = People.safeParse(await copies.findPeople(key).catch(() => null));
    if (copy.success) return copy.data;
    return once(`people ${key}`, async () => {
      const read = await readPeople(database, room);
      keep(copies.savePeople(key, read));
      return read;
    });
  };

  return {
    view: async (room) => {
      const persons = await people(room);
      const seen = await presence.find(persons.map(({ userId }) => userId)).catch(() => new Map());
      return {
        pin: room.pin,
        assessmentId: room.assessmentId,
        expiresAt: room.expiresAt.toISOString(),
        participants: persons.map((person) => ({ ...person, online: seen.get(person.userId)?.online ?? false })),
      };
    },

    leaderboard: async (room) => {
      const key = copyName(room);
      const board =
        (await copies.findBoard(key).catch(() => null)) ??
        (await once(`board ${key}`, async () => {
          const read = await database.rooms.listScores(room.id);
          keep(copies.saveBoard(key, read));
          return read;
        }));
      return { items: rankScores(board) };
    },
  };
}

async function readPeople({ rooms, stages }: Deps['database'], room: Room): Promise<RoomPerson[]> {
  const participants = await rooms.listParticipants(room.id);
  const progress = await stages.listMany(participants.flatMap(({ submission }) => submission?.id ?? []));
  return participants.map(({ userId, displayName, submission }) => {
    const known = submission && progress.get(submission.id);
    return { userId, displayName, percent: submission && known ? percentOf(submission, known, submission.graded) : 0 };
  });
}

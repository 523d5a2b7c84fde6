import { keyOf, roomBoardFamily, roomPeopleFamily } from '../families/live.ts';
import type { AskRedis } from './ask.ts';

export interface BoardEntry {
  userId: string;
  displayName: string;
  score: number;
}

/** Short-lived copies of what many people in a room look at. Every call throws UnavailableError SERVICE_UNAVAILABLE without Redis. */
export interface RoomCopies {
  /** Null when there is none, or not any more. */
  findPeople(key: string): Promise<unknown>;
  savePeople(key: string, people: unknown): Promise<void>;
  /** Best first. Null when there is none, or not any more; an empty board is a copy too. */
  findBoard(key: string): Promise<BoardEntry[] | null>;
  saveBoard(key: string, entries: readonly BoardEntry[]): Promise<void>;
}

/** Present in every board, below every score: a sorted set without members does not exist. */
const nobody = '-';
const idLength = 36;

export function createRoomCopies(ask: AskRedis): RoomCopies {
  return {
    findPeople: async (key) => {
      const text = await ask((redis) => redis.get(keyOf(roomPeopleFamily, key)));
      return text === null ? null : JSON.parse(text);
    },

    savePeople: async (key, people) => {
      await ask((redis) => redis.set(keyOf(roomPeopleFamily, key), JSON.stringify(people), 'EX', roomPeopleFamily.ttlSeconds));
    },

    findBoard: async (key) => {
      const flat = await ask((redis) => redis.zrevrange(keyOf(roomBoardFamily, key), 0, -1, 'WITHSCORES'));
      if (flat.length === 0) return null;
      return flat.flatMap((member, index) => (index % 2 === 1 || member === nobody ? [] : [toEntry(member, Number(flat[index + 1]))]));
    },

    saveBoard: async (key, entries) => {
      const board = keyOf(roomBoardFamily, key);
      const members = entries.flatMap(({ userId, displayName, score }) => [score, `${userId} ${displayName}`]);
      await ask((redis) =>
        redis
          .multi()
          .del(board)
          .zadd(board, '-inf', nobody, ...members)
          .expire(board, roomBoardFamily.ttlSeconds)
          .exec(),
      );
    },
  };
}

/** Name and score stand in one key, so that they come and go together. */
function toEntry(member: string, score: number): BoardEntry {
  return { userId: member.slice(0, idLength), displayName: member.slice(idLength + 1), score };
}

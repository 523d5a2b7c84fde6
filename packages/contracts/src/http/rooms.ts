import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { listOf } from './paging.ts';

/** What is no PIN names nothing, so it is 404 and not 400. */
export const RoomPin = z.string().regex(/^[0-9]{6}$/);

export const CreateRoomBody = z.strictObject({ assessmentId: Id, minutes: z.number().int().min(1).max(480) });
export type CreateRoomBody = z.infer<typeof CreateRoomBody>;

export const OpenRoom = z.object({ pin: RoomPin, expiresAt: Timestamp });

/** Others read it: nothing that is not seen, or turns the text around it. */
export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[^\p{Cc}\p{Cs}\p{Bidi_Control}]*$/u, 'holds characters that can not be shown');
export const JoinRoomBody = z.strictObject({ displayName: DisplayName });

/** One person in a room, without being online, which is asked for at each answer. */
export const RoomPerson = z.object({ userId: Id, displayName: z.string(), percent: z.number().int().min(0).max(100) });
export type RoomPerson = z.infer<typeof RoomPerson>;

export const RoomView = z
  .object({
    pin: RoomPin,
    assessmentId: Id,
    expiresAt: Timestamp,
    /** In the order of joining; `percent` is the progress of their newest submission to the assessment. */
    participants: z.array(RoomPerson.extend({ online: z.boolean() })),
  })
  .meta({ id: 'Room' });
export type RoomView = z.infer<typeof RoomView>;

export const RoomItem = z.object({
  pin: RoomPin,
  assessmentId: Id,
  createdAt: Timestamp,
  expiresAt: Timestamp,
  participants: z.number().int(),
  /** False in rooms that one made and did not join. */
  joined: z.boolean(),
});
export type RoomItem = z.infer<typeof RoomItem>;
export const RoomList = listOf(RoomItem);

/** Best first; equal scores have equal ranks, and the next rank counts all before it. */
export const Leaderboard = z.object({
  items: z.array(z.object({ rank: z.number().int().positive(), displayName: z.string(), score: z.number() })),
});
export type Leaderboard = z.infer<typeof Leaderboard>;

import type { RoomItem } from '@gradeflow/contracts';
import type { Room } from '@gradeflow/database';

export function presentRoomItem(room: Room & { participants: number; joined: boolean }): RoomItem {
  const { pin, assessmentId, createdAt, expiresAt, participants, joined } = room;
  return { pin, assessmentId, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), participants, joined };
}

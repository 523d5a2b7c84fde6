import type { RoomLimits, SpoolRoom } from '@gradeflow/spool';
import { Counter, Gauge, type Registry } from '@gradeflow/telemetry';

/** How full the spool is, and how many uploads this process has refused for that. */
export function uploadRoomMetrics(registry: Registry, room: Pick<SpoolRoom, 'figures'>, limits: RoomLimits): void {
  const registers = [registry];
  new Gauge({
    name: 'gradeflow_upload_room_used_bytes',
    help: 'All bytes in the spool, also of what is arriving or set apart, counted every few seconds, and what has been let in since.',
    registers,
    async collect() {
      this.set((await room.figures()).usedBytes);
    },
  });
  new Gauge({
    name: 'gradeflow_upload_room_limit_bytes',
    help: 'Bytes that the spool may have; 0 without a limit.',
    registers,
    collect() {
      this.set(limits.maxBytes ?? 0);
    },
  });
  new Gauge({
    name: 'gradeflow_uploads_receiving',
    help: 'Uploads that are being received.',
    registers,
    async collect() {
      this.set((await room.figures()).uploads);
    },
  });
  new Counter({
    name: 'gradeflow_upload_refusals_total',
    help: 'Uploads that were refused before they were read, for lack of room.',
    registers,
    async collect() {
      this.reset();
      this.inc((await room.figures()).refusals);
    },
  });
}

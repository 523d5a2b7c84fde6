import { Queue } from 'bullmq';

/** A queue as BullMQ makes it when nothing is said: for benches that show what that does. */
export function createStockQueue(url: string): { add(): Promise<unknown>; close(): Promise<void> } {
  const { hostname, port, password } = new URL(url);
  const queue = new Queue('stock', { connection: { host: hostname, port: Number(port), password: decodeURIComponent(password) } });
  queue.on('error', () => {});
  return { add: () => queue.add('grade', { id: 'x' }), close: () => queue.close() };
}

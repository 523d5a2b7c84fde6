import { startScript } from '../redis/load.ts';

/** Processes that write one row by Prisma, or add one job by BullMQ, for each request, with nothing said to either. */
export const startStockInsert = (postgresUrl: string) => startScript('packages/database/src/testing/stock-insert-server.ts', postgresUrl);
export const startStockAdd = (redisUrl: string) => startScript('packages/queue/src/testing/stock-add-server.ts', redisUrl);

/** One of either; false when it is refused or has no answer by then. */
export async function askStock({ line }: { line: string }, deadlineMs: number): Promise<boolean> {
  return fetch(line, { method: 'POST', signal: AbortSignal.timeout(deadlineMs) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

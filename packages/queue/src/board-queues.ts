import { jobCatalog } from '@gradeflow/contracts';
import type { Logger } from '@gradeflow/logger';
import { Queue } from 'bullmq';
import { connectProducer } from './connections.ts';
import { createErrorLog } from './error-log.ts';
import { heartbeatKey, readRecord } from './hand-back.ts';
import type { QueueLocation } from './producer.ts';

export interface DeafWorker {
  instanceId: string;
  queue: string;
  /** ISO 8601. */
  since: string;
}

export interface BoardQueues {
  /** One a job type, in the catalog's order; what a Bull Board adapter wants. */
  queues: Queue[];
  /** False when a look at a queue would fail: say so instead of letting the board try. */
  isReady(): boolean;
  /** Workers that take nothing although jobs wait and they have room, as they say themselves. */
  listDeafWorkers(): Promise<DeafWorker[]>;
  close(): Promise<void>;
}

/** Every queue for looking at; commands fail within 500 ms when Redis is away. */
export function createBoardQueues(options: QueueLocation & { log?: Logger }): BoardQueues {
  const onError = createErrorLog(options.log);
  const redis = connectProducer(options.url, 'gradeflow-board', onError);
  const queues = jobCatalog.map((definition) => {
    const queue = new Queue(definition.name, {
      connection: redis,
      prefix: options.prefix,
      skipVersionCheck: true,
      skipMetasUpdate: true,
    });
    queue.on('error', onError);
    return queue;
  });
  return {
    queues,
    isReady: () => redis.status === 'ready',
    listDeafWorkers: async () => {
      const records = Object.entries(await redis.hgetall(heartbeatKey(options.prefix)));
      return records.flatMap(([instanceId, text]) =>
        (readRecord(text)?.workers ?? []).flatMap(({ queue, deafSince: since }) =>
          since === undefined ? [] : [{ instanceId, queue, since }],
        ),
      );
    },
    close: async () => {
      redis.disconnect();
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

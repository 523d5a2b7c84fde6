import { Redis } from 'ioredis';

export type { Redis };

/**
 * A connection for requests (cache role): errors in milliseconds when Redis is away, never queues commands in memory,
 * reconnects for ever. Attach nothing else to it.
 */
export function connectFast(url: string, options: { name: string; onError?: (error: Error) => void }): Redis {
  const redis = new Redis(url, {
    connectionName: options.name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 500,
    commandTimeout: 300,
    disconnectTimeout: 200,
    retryStrategy: (tries) => Math.min(100 * tries, 1_000),
  });
  redis.on('error', (error) => options.onError?.(error));
  return redis;
}

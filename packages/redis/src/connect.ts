import { redisPlaceOf } from '@gradeflow/config';
import { Cluster, Redis as Server } from 'ioredis';

/** One server (behind sentinels or not) or a cluster: commands are the same. */
export type Redis = Server | Cluster;

export interface ConnectOptions {
  /** As `CLIENT LIST` shows it: process and role. */
  name: string;
  onError?: (error: Error) => void;
}

/** Not ioredis' own back-off: half of each wait is chance, so that many processes do not come back in step. */
const retryStrategy = (tries: number): number => Math.min(100 * tries, 1_000) * (0.5 + Math.random() / 2);

/**
 * A connection for requests (cache role): errors in milliseconds when Redis is away, never queues commands in memory,
 * reconnects for ever. Attach nothing else to it. Throws an Error for an address that is none (config checks it before).
 */
export function connectFast(url: string, { name, onError }: ConnectOptions): Redis {
  const redis = open(url, name);
  redis.on('error', (error: Error) => onError?.(error));
  return redis;
}

function open(url: string, connectionName: string): Redis {
  const place = redisPlaceOf(url);
  const limits = { connectionName, maxRetriesPerRequest: 1, connectTimeout: 500, commandTimeout: 300, disconnectTimeout: 200 };
  if (place.kind !== 'cluster') return new Server({ ...place.options, ...limits, enableOfflineQueue: false, retryStrategy });
  return new Cluster(place.nodes, {
    enableOfflineQueue: false,
    // The cluster comes back as a whole; retries of its nodes would be beside it.
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: 500,
    redisOptions: { ...place.options, ...limits },
  });
}

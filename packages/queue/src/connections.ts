import { redisPlaceOf } from '@gradeflow/config';
import { Redis } from 'ioredis';

/** How long a producer waits for Redis before it gives up. */
export const producerDeadlineMs = 500;

type OnError = (error: Error) => void;

/** Not BullMQ's own back-off, which comes back up to 20 s after Redis does. */
const retryStrategy = (tries: number): number => Math.min(50 * tries, 200);

/** How long a connection that is given up may take to close by itself. */
const disconnectTimeout = 200;

/**
 * For whoever answers requests: nothing waits in memory, a silent Redis costs 500 ms, and it reconnects for ever.
 * Commands sent before `status` is `ready` are refused at once.
 */
export function connectProducer(url: string, name: string, onError: OnError): Redis {
  const redis = open(url, {
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    connectTimeout: producerDeadlineMs,
    commandTimeout: producerDeadlineMs,
    disconnectTimeout,
    retryStrategy,
  });
  return redis.on('error', onError);
}

/**
 * For workers: commands wait until Redis is back, however long that takes, or until `givenUp`: then what waits for a lost connection is refused at
 * the next try to connect.
 */
export function connectWorker(url: string, name: string, onError: OnError, givenUp: AbortSignal): Redis {
  const redis = open(url, {
    connectionName: name,
    maxRetriesPerRequest: null,
    connectTimeout: 2_000,
    disconnectTimeout,
    retryStrategy: (tries) => (givenUp.aborted ? null : retryStrategy(tries)),
  });
  return redis.on('error', onError);
}

interface Limits {
  connectionName: string;
  enableOfflineQueue?: boolean;
  maxRetriesPerRequest: null;
  connectTimeout: number;
  commandTimeout?: number;
  disconnectTimeout: number;
  retryStrategy: (tries: number) => number | null;
}

function open(url: string, limits: Limits): Redis {
  const place = redisPlaceOf(url);
  if (place.kind === 'cluster') throw new RangeError('the queue wants one server, or sentinels');
  return new Redis({ ...place.options, ...limits });
}

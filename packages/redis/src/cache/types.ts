/** How an answer was found. BYPASS: Redis or the epoch was away, so it was loaded and not kept. STALE: loading failed, this is the last that was known. */
export type CacheOutcome = 'HIT' | 'MISS' | 'STALE' | 'BYPASS';

/** One answer that may be cached. Whoever asks has been authorised before. */
export interface CacheSpec {
  /** Names the answer with all that it depends on: institution, role or person, parameters. */
  key: string;
  /** What it was made of; a write to any of these ends it. */
  tags: readonly string[];
  /** Fresh for about this long (up to a tenth less). */
  ttlMs: number;
  /** May be served for so much longer while loading fails. */
  staleMs: number;
}

export interface CachedAnswer {
  /** Bytes as they are sent. */
  body: string;
  /** Strong, quoted. */
  etag: string;
}

/** A number in Postgres that all entries are kept under. Raised when a write could not be told to Redis: then nothing older is ever found again. */
export interface CacheEpochs {
  /** The current one. */
  find(): Promise<number>;
  /** Raises it; gives the new one. Committed when it resolves. */
  raise(): Promise<number>;
}

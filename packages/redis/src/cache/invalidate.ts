import { randomUUID } from 'node:crypto';
import type { RedisGuard } from '../guard.ts';
import type { EpochWatch } from './epoch.ts';
import type { LocalLayer } from './local-layer.ts';
import type { News } from './news.ts';
import type { CacheStore } from './store.ts';

interface Parts {
  guard: RedisGuard;
  store: CacheStore;
  epoch: EpochWatch;
  local: LocalLayer | null;
  /** Null: nobody waits for what this process writes (a worker), so neither does it. */
  news: News | null;
}

/**
 * Ends every cached answer of these tags; call it after the commit and before the answer. When it resolves no read that begins now finds an older one, in
 * any process: Redis has dropped the tags, and each in-process layer has said so or its lease is over. When Redis did not confirm, the epoch is raised instead.
 * Throws when neither Redis nor Postgres takes it.
 */
export async function invalidateTags({ guard, store, epoch, local, news }: Parts, tags: readonly string[]): Promise<void> {
  const changeId = randomUUID();
  const expected = news?.expect(changeId);
  local?.drop(tags);
  const asked = await guard.ask((redis) => store.invalidate(redis, changeId, tags));
  // What was being confirmed while Redis was told.
  local?.drop(tags);
  await expected?.heardBy(asked.answered ? asked.value : new Map());
  if (!asked.answered) await epoch.raise({ wait: news !== null });
}

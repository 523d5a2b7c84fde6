import { applyMigrations } from '@gradeflow/database';
import { type EmbeddedService, startPostgres, startRedis } from '@gradeflow/embedded-services';
import { createTempDir } from '@gradeflow/testing';

/** Registers what is to be ended when a section is over. */
export type Later = (close: () => Promise<unknown>) => void;

/** Runs `work`, then ends what it registered, the last first, also after a failure. */
export async function withClosers<T>(work: (later: Later) => Promise<T>): Promise<T> {
  const closers: Array<() => Promise<unknown>> = [];
  try {
    return await work((close) => void closers.push(close));
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const log = () => {};

/** An empty folder; gives its path. */
export async function openFolder(later: Later): Promise<string> {
  const folder = await createTempDir();
  later(folder.remove);
  return folder.path;
}

/** A Redis of this section's own, which it may kill, pause and flush. */
export async function openRedis(later: Later, options: { dataDir?: string; persist: boolean }): Promise<EmbeddedService> {
  const redis = await startRedis({ dataDir: options.dataDir ?? (await openFolder(later)), log, persist: options.persist });
  later(redis.stop);
  return redis;
}

/** A migrated database of this section's own; gives its URL. */
export async function openDatabase(later: Later, dataDir: string): Promise<string> {
  const postgres = await startPostgres({ dataDir, log });
  later(postgres.stop);
  await applyMigrations({ url: postgres.url });
  return postgres.url;
}

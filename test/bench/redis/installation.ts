import { applyMigrations, createDatabase, type Database } from '@gradeflow/database';
import { type EmbeddedService, startPostgres, startRedis } from '@gradeflow/embedded-services';
import { createTempDir } from '@gradeflow/testing';
import { type GatewayPlace, type GatewayProcess, startGateway } from '../../e2e/gateways.ts';

export interface RedisSection {
  /** For `--only`. */
  name: string;
  title: string;
  /** Lines of Markdown. */
  run(options: { quick: boolean }): Promise<string[]>;
}

export interface Installation {
  database: Database;
  place: GatewayPlace;
  /** For faults. */
  services: { postgres: EmbeddedService; queue: EmbeddedService; cache: EmbeddedService };
  start(changes?: Partial<GatewayPlace>): Promise<GatewayProcess>;
}

const quiet = () => {};

/** Runs `work` on services and gateways of its own, and ends them. */
export async function withInstallation<T>(work: (installation: Installation) => Promise<T>): Promise<T> {
  const folder = await createTempDir();
  const closing: Array<() => Promise<unknown>> = [() => folder.remove()];
  try {
    const postgres = await startPostgres({ dataDir: folder.path, log: quiet });
    closing.push(() => postgres.stop());
    const queue = await startRedis({ dataDir: folder.path, log: quiet });
    closing.push(() => queue.stop());
    const cache = await startRedis({ dataDir: `${folder.path}/cache`, log: quiet });
    closing.push(() => cache.stop());
    await applyMigrations({ url: postgres.url });
    const database = createDatabase({ url: postgres.url });
    closing.push(() => database.close());
    const place = { dataDir: folder.path, databaseUrl: postgres.url, queueUrl: queue.url, cacheUrl: cache.url };
    const start = async (changes: Partial<GatewayPlace> = {}) => {
      const gateway = await startGateway({ ...place, ...changes });
      closing.push(() => gateway.stop());
      return gateway;
    };
    return await work({ database, place, services: { postgres, queue, cache }, start });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createDatabase } from '../create-database.ts';
import type { Database } from '../types.ts';

export interface ScratchDatabase {
  url: string;
  database: Database;
  /** Plain SQL past the repositories. */
  query: (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  drop: () => Promise<void>;
}

/**
 * A database of one test file's own: a copy of the migrated template, or an empty one. (The package `testing` has the same for everybody above; it
 * stands on this package, so it can't be used here.)
 */
export async function createScratchDatabase(options: { empty?: boolean } = {}): Promise<ScratchDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with `npm test`, or set it to a scratch Postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await queryOnce(server, `CREATE DATABASE ${name} TEMPLATE ${options.empty ? 'template0' : 'gradeflow_template'}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = createDatabase({ url: url.href });
  return {
    url: url.href,
    database,
    query: (sql, values) => queryOnce(url.href, sql, values),
    drop: async () => {
      await database.close();
      await queryOnce(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function queryOnce(url: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

import { randomUUID } from 'node:crypto';
import type { Database } from '@gradeflow/database';
import { withClient } from './with-client.ts';

export interface TestDatabase {
  url: string;
  database: Database;
  /** Closes the connections and drops the database. */
  drop: () => Promise<void>;
}

/** A fresh, migrated database: a copy of the template that the test run's global set-up made. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with `npm test`, or set it to a scratch Postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE gradeflow_template`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  // Loaded here alone: most tests want another helper and not Prisma.
  const { createDatabase } = await import('@gradeflow/database');
  const database = createDatabase({ url: url.href });
  return {
    url: url.href,
    database,
    drop: async () => {
      await database.close();
      await withClient(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { toAppError } from '../to-app-error.ts';

const migrationsFolder = new URL('../../../../prisma/migrations/', import.meta.url);
const timeoutMs = 5_000;
const undefinedTable = '42P01';

/**
 * Names of the migrations that the database of `url` lacks, oldest first; changes nothing. A failed one counts as lacking.
 * Throws UnavailableError POSTGRES_UNAVAILABLE and DATABASE_NOT_FOUND.
 */
export async function listPendingMigrations(options: { url: string }): Promise<string[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  const all = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const applied = await listApplied(options.url).catch((error: unknown) => {
    throw toAppError(error);
  });
  return all.filter((name) => !applied.has(name)).sort();
}

async function listApplied(url: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  const sql = 'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL';
  try {
    await client.connect();
    const { rows } = await client.query<{ migration_name: string }>(sql);
    return new Set(rows.map((row) => row.migration_name));
  } catch (error) {
    if ((error as { code?: string }).code === undefinedTable) return new Set(); // A fresh database.
    throw error;
  } finally {
    await client.end();
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { AppError } from '@gradeflow/errors';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { toAppError } from '../to-app-error.ts';
import { type EngineError, withSchemaEngine } from './schema-engine.ts';

const defaultFolder = new URL('../../../../prisma/migrations/', import.meta.url);
const connectionTimeoutMs = 5_000;

/** Prisma's codes: a failed migration stands in the way; the one to be rolled back is not (any longer) a failed one. */
const failedMigrationFound = 'P3009';
const notFailed = 'P3012';

/**
 * Brings the database of `url` up to date with `prisma/migrations` and tells which migrations it applied, oldest first. Safe to call from many
 * processes at once: Postgres' advisory lock lets one work, the others wait and find nothing to do.
 * A migration that failed before (its script was one transaction, so nothing of it stayed) is marked as rolled back and tried again.
 * Throws UnavailableError POSTGRES_UNAVAILABLE, DATABASE_NOT_FOUND when the server has no such database (it is not created), and
 * MIGRATION_FAILED with Postgres' own words.
 */
export async function applyMigrations(options: {
  url: string;
  /** Told one line for each failed migration that is tried again. */
  log?: (message: string) => void;
  /** Folder URL with the migrations, ending in `/`; the repository's own by default. */
  folder?: URL;
}): Promise<{ applied: string[] }> {
  const migrationsList = await readMigrations(options.folder ?? defaultFolder);
  await assertReachable(options.url);
  const input = { migrationsList, filters: { externalTables: [], externalEnums: [] } };
  return withSchemaEngine(options.url, async (engine) => {
    const apply = async () => ({ applied: (await engine.applyMigrations(input)).appliedMigrationNames });
    try {
      return await apply();
    } catch (error) {
      if ((error as EngineError).code !== failedMigrationFound) throw migrationFailed(error);
    }
    for (const migrationName of await listFailed(options.url)) {
      options.log?.(`Migration ${migrationName} had failed and is tried again`);
      await engine.markMigrationRolledBack({ migrationName }).catch((error: EngineError) => {
        // Another process was quicker.
        if (error.code !== notFailed) throw migrationFailed(error);
      });
    }
    return apply().catch((error: unknown) => {
      throw migrationFailed(error);
    });
  });
}

async function readMigrations(folder: URL): Promise<MigrationList> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = names.map(async (path) => {
    const value = await readFile(new URL(`${path}/migration.sql`, folder), 'utf8');
    return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
  });
  return {
    baseDir: folder.pathname,
    lockfile: { path: 'migration_lock.toml', content: await readFile(new URL('migration_lock.toml', folder), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(migrationDirectories),
  };
}

/** The engine's own words for a missing server or database are about its internals: ask Postgres first. */
async function assertReachable(url: string): Promise<void> {
  await withConnection(url, (client) => client.query('SELECT 1')).catch((error: unknown) => {
    throw toAppError(error);
  });
}

async function listFailed(url: string): Promise<string[]> {
  const sql = 'SELECT DISTINCT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL';
  const { rows } = await withConnection(url, (client) => client.query<{ migration_name: string }>(sql));
  return rows.map((row) => row.migration_name);
}

async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectionTimeoutMs, query_timeout: connectionTimeoutMs });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

function migrationFailed(cause: unknown): AppError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new AppError({ code: 'MIGRATION_FAILED', status: 500, retryable: false, detail: `The database could not be brought up to date: ${words}`, cause });
}

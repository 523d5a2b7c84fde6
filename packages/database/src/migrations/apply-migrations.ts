import { readdir, readFile } from 'node:fs/promises';
import { AppError } from '@gradeflow/errors';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { toAppError } from '../to-app-error.ts';
import { type EngineError, withSchemaEngine } from './schema-engine.ts';

const defaultFolder = new URL('../../../../prisma/migrations/', import.meta.url);
const connectionTimeoutMs = 5_000;

/** Prisma's code for a failed migration that stands in the way. */
const failedMigrationFound = 'P3009';
/** Any number, the same in all versions: who migrates one database waits here for the others. */
const migrationLock = 271_828_182;
const defaultLockTimeoutMs = 120_000;

/**
 * Brings the database of `url` up to date with `prisma/migrations` and tells which migrations it applied, oldest first. Safe to call from many
 * processes at once: one works, the others wait for it (`lockTimeoutMs`) and find nothing to do.
 * A migration that failed before (its script was one transaction, so nothing of it stayed) is marked as rolled back and tried again.
 * Throws UnavailableError POSTGRES_UNAVAILABLE (away, or another process migrates for too long), DATABASE_NOT_FOUND when the server has no such
 * database (it is not created), and MIGRATION_FAILED with Postgres' own words.
 */
export async function applyMigrations(options: {
  url: string;
  /** Told one line for each failed migration that is tried again. */
  log?: (message: string) => void;
  /** Folder URL with the migrations, ending in `/`; the repository's own by default. */
  folder?: URL;
  /** How long to wait for another process that migrates; two minutes by default. */
  lockTimeoutMs?: number;
}): Promise<{ applied: string[] }> {
  const migrationsList = await readMigrations(options.folder ?? defaultFolder);
  const input = { migrationsList, filters: { externalTables: [], externalEnums: [] } };
  return withMigrationLock(options.url, options.lockTimeoutMs ?? defaultLockTimeoutMs, (client) =>
    withSchemaEngine(options.url, async (engine) => {
      try {
        return { applied: (await engine.applyMigrations(input)).appliedMigrationNames };
      } catch (error) {
        if ((error as EngineError).code !== failedMigrationFound) throw error;
      }
      for (const migrationName of await listFailed(client)) {
        options.log?.(`Migration ${migrationName} had failed and is tried again`);
        await engine.markMigrationRolledBack({ migrationName });
      }
      return { applied: (await engine.applyMigrations(input)).appliedMigrationNames };
    }).catch((error: unknown) => {
      throw migrationFailed(error);
    }),
  );
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

/**
 * The engine has a lock of its own, but waits for it ten seconds only and cannot be stopped waiting; this one comes first. Its session also tells in plain words
 * what the engine would say about its internals: no server, no database.
 */
async function withMigrationLock<T>(url: string, lockTimeoutMs: number, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'gradeflow-migrate',
    connectionTimeoutMillis: connectionTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: lockTimeoutMs + connectionTimeoutMs,
  });
  // A lost session is noticed by the next query; without a listener the process would end here.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    return await work(client);
  } catch (error) {
    throw toAppError(error);
  } finally {
    await client.end(); // Gives the lock back.
  }
}

async function listFailed(client: pg.Client): Promise<string[]> {
  const sql = 'SELECT DISTINCT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL';
  const { rows } = await client.query<{ migration_name: string }>(sql);
  return rows.map((row) => row.migration_name);
}

function migrationFailed(cause: unknown): AppError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new AppError({
    code: 'MIGRATION_FAILED',
    status: 500,
    retryable: false,
    detail: `The database could not be brought up to date: ${words}`,
    cause,
  });
}

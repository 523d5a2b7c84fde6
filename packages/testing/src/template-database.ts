import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withClient } from './with-client.ts';

const templateName = 'gradeflow_template';
/** Any number, the same in all test runs: two of them on one server must not build at once. */
const buildLock = 718_281_828;
const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/**
 * Makes the migrated database that `createTestDatabase` copies. One that was made from the same migrations is kept, any other is replaced.
 * Call it once a test run, before the tests.
 */
export async function makeTemplateDatabase(serverUrl: string): Promise<void> {
  const fingerprint = fingerprintMigrations();
  await withClient(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [buildLock]); // Given back with the connection.
    const { rows } = await client.query("SELECT shobj_description(oid, 'pg_database') AS made_from FROM pg_database WHERE datname = $1", [
      templateName,
    ]);
    if (rows[0]?.made_from === fingerprint) return;
    const fresh = `${templateName}_new`;
    await client.query(`DROP DATABASE IF EXISTS ${fresh} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${fresh}`);
    const url = new URL(serverUrl);
    url.pathname = `/${fresh}`;
    const { applyMigrations } = await import('@gradeflow/database');
    await applyMigrations({ url: url.href });
    await client.query(`COMMENT ON DATABASE ${fresh} IS '${fingerprint}'`);
    await client.query(`DROP DATABASE IF EXISTS ${templateName} WITH (FORCE)`);
    await client.query(`ALTER DATABASE ${fresh} RENAME TO ${templateName}`);
  });
}

function fingerprintMigrations(): string {
  const hash = createHash('sha256');
  for (const file of globSync('*/migration.sql', { cwd: migrations }).sort())
    hash.update(file).update(readFileSync(`${migrations}/${file}`));
  return hash.digest('hex');
}

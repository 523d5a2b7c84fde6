import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { withSchemaEngine } from './schema-engine.ts';

/**
 * `node src/migrations/write-migration.ts NAME`: writes `prisma/migrations/<time>_NAME/migration.sql` with the difference between the committed
 * schema.prisma and the one on disk. Read and mend the SQL before it is committed.
 * The engine wants a Postgres to talk to, any one (DATABASE_URL), though the comparison reads and changes nothing there.
 */
const [name] = process.argv.slice(2);
if (!name || !/^[a-z0-9_]+$/.test(name)) throw new Error('give the migration a name of a–z, 0–9 and _');
const server = process.env.DATABASE_URL;
if (!server) throw new Error('set DATABASE_URL to any Postgres: the engine connects, and changes nothing there');
const prisma = new URL('../../../../prisma/', import.meta.url);
const committed = execFileSync('git', ['show', 'HEAD:prisma/schema.prisma'], { cwd: prisma, encoding: 'utf8' });
const onDisk = await readFile(new URL('schema.prisma', prisma), 'utf8');
const target = (content: string) => ({ tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content }] });
const filters = { externalTables: [], externalEnums: [] };
const { stdout } = await withSchemaEngine(server, (engine) =>
  engine.diff({ from: target(committed), to: target(onDisk), script: true, exitCode: null, filters }),
);
const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
const folder = new URL(`migrations/${time}_${name}/`, prisma);
await mkdir(folder);
await writeFile(new URL('migration.sql', folder), stdout ?? '');
process.stdout.write(`${folder.pathname}migration.sql\n`);

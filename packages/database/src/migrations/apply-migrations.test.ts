import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import { applyMigrations } from './apply-migrations.ts';
import { withSchemaEngine } from './schema-engine.ts';

const schemaPath = path.join(import.meta.dirname, '../../../../prisma/schema.prisma');
let scratch: ScratchDatabase;
beforeEach(async () => {
  scratch = await createScratchDatabase({ empty: true });
});
afterEach(() => scratch.drop());

describe('applyMigrations', () => {
  it('applies each migration once when four start at the same time, and nothing the next time', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => applyMigrations({ url: scratch.url })));
    const applied = results.flatMap((result) => result.applied);
    expect(applied.length).toBeGreaterThan(0);
    expect(new Set(applied).size).toBe(applied.length);
    const rows = await scratch.query('SELECT migration_name FROM _prisma_migrations ORDER BY migration_name');
    expect(rows.map((row) => row.migration_name)).toEqual(applied.sort());
    expect(await applyMigrations({ url: scratch.url })).toEqual({ applied: [] });
  });

  it('makes the very tables, columns, keys and indexes that schema.prisma describes', async () => {
    await applyMigrations({ url: scratch.url });
    const fromSchema = await createScratchDatabase({ empty: true });
    try {
      await fromSchema.query(await scriptOfSchema(fromSchema.url));
      // What the schema language cannot express.
      await fromSchema.query(`CREATE UNIQUE INDEX grading_machine_key ON grading (submission_id, run, grader) WHERE grader <> 'human'`);
      await fromSchema.query(
        `CREATE UNIQUE INDEX regrade_request_open_key ON regrade_request (submission_id, question_id) WHERE status = 'OPEN'`,
      );
      await fromSchema.query('CREATE UNIQUE INDEX room_open_pin_key ON room (pin) WHERE closed_at IS NULL');
      await fromSchema.query('CREATE UNIQUE INDEX feedback_snippet_text_key ON feedback_snippet (assessment_id, question_id, md5(text))');
      const queue = 'updated_at, submission_id, position) WHERE needs_review';
      await fromSchema.query(`CREATE INDEX question_result_open_idx ON question_result (${queue}`);
      await fromSchema.query(`CREATE INDEX question_result_open_of_assessment_idx ON question_result (assessment_id, ${queue}`);
      const words = (table: string, expression: string) =>
        fromSchema.query(`CREATE INDEX ${table}_search_idx ON "${table}" USING gin (${expression})`);
      await words('assessment', `to_tsvector('simple', title)`);
      await words('rubric_version', `jsonb_to_tsvector('simple', questions, '["string"]')`);
      await words('bank_question', `jsonb_to_tsvector('simple', question, '["string"]')`);
      await words('submission', `to_tsvector('simple', coalesce(label, '') || ' ' || translate(original_name, '._-', '   '))`);
      await words('user', `to_tsvector('simple', name || ' ' || translate(email, '@._-', '    '))`);
      expect(await describeDatabase(scratch)).toEqual(await describeDatabase(fromSchema));
    } finally {
      await fromSchema.drop();
    }
  });

  it('says which database is missing and does not make it; says so when no server answers', async () => {
    const url = new URL(scratch.url);
    url.pathname = '/no_such_database';
    await expect(applyMigrations({ url: url.href })).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND', retryable: false });
    await expect(applyMigrations({ url: 'postgres://127.0.0.1:1/x' })).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
  });
});

describe('while another process migrates', () => {
  it('waits as long as it was told to, then says that the database is not available, and ends', async () => {
    const holder = new pg.Client({ connectionString: scratch.url });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock(271828182)');
      await expect(applyMigrations({ url: scratch.url, lockTimeoutMs: 200 })).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' });
      const waiting = applyMigrations({ url: scratch.url });
      await holder.query('SELECT pg_advisory_unlock(271828182)');
      expect((await waiting).applied.length).toBeGreaterThan(0);
    } finally {
      await holder.end();
    }
  });
});

describe('a migration that fails', () => {
  let folder: string;
  const write = async (name: string, sql: string) => {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  };
  const apply = (log?: (line: string) => void) =>
    applyMigrations({ url: scratch.url, folder: pathToFileURL(`${folder}/`), ...(log ? { log } : {}) });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gradeflow-migrations-'));
    await writeFile(path.join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leaves nothing behind, and is tried again by four at once when it is mended', async () => {
    await write('1_first', 'CREATE TABLE one (id int);');
    await write('2_second', 'CREATE TABLE two (id int); CREATE TABLE one (id int);');
    await expect(apply()).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('2_second') });
    expect(await scratch.query(`SELECT to_regclass('one')::text AS one, to_regclass('two')::text AS two`)).toEqual([
      { one: 'one', two: null },
    ]);
    await expect(apply()).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('already exists') });
    await write('2_second', 'CREATE TABLE two (id int);');
    const lines: string[] = [];
    const results = await Promise.all(Array.from({ length: 4 }, () => apply((line) => lines.push(line))));
    expect(results.flatMap((result) => result.applied)).toEqual(['2_second']);
    expect(lines[0]).toContain('2_second');
    expect(await apply()).toEqual({ applied: [] });
  });

  it('is not one that only holds a function body with semicolons', async () => {
    await write('1_function', 'CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END; $$;');
    expect(await apply()).toEqual({ applied: ['1_function'] });
    expect(await scratch.query('SELECT two()')).toEqual([{ two: 2 }]);
  });
});

async function scriptOfSchema(url: string): Promise<string> {
  const files = [{ path: 'schema.prisma', content: await readFile(schemaPath, 'utf8') }];
  const { stdout } = await withSchemaEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files },
      ...{ script: true, exitCode: null, filters: { externalTables: [], externalEnums: [] } },
    }),
  );
  return stdout ?? '';
}

async function describeDatabase({ query }: ScratchDatabase) {
  const ours = `n.nspname = 'public' AND c.relname <> '_prisma_migrations'`;
  return {
    columns:
      await query(`SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS initial
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE ${ours} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`),
    constraints:
      await query(`SELECT conname, pg_get_constraintdef(k.oid) AS definition FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${ours} ORDER BY 1`),
    indexes: await query(
      `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
    ),
    enums:
      await query(`SELECT t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) AS labels FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
      GROUP BY 1 ORDER BY 1`),
  };
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from './create-database.ts';
import { createPool } from './pool.ts';
import { createFaultyProxy, type FaultyProxy } from './testing/faulty-proxy.ts';
import { addAssessment, question, seedSchool } from './testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts';
import type { Database } from './types.ts';

const unavailable = { name: 'UnavailableError', code: 'POSTGRES_UNAVAILABLE', retryable: true };
const applicationName = 'gradeflow-fault-test';
let scratch: ScratchDatabase;
let proxy: FaultyProxy;
let database: Database;
beforeEach(async () => {
  scratch = await createScratchDatabase();
  proxy = await createFaultyProxy(scratch.url);
  database = createDatabase({ url: proxy.url, applicationName });
});
afterEach(async () => {
  await database.close();
  await proxy.close();
  await scratch.drop();
});

async function timed(attempt: Promise<unknown>): Promise<number> {
  return timeUntil(expect(attempt).rejects.toMatchObject(unavailable));
}

async function timeUntil(done: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await done;
  return performance.now() - begin;
}

describe('a Postgres that does not answer', () => {
  it('ends every call within its time limit, a ping within a second, and serves again at once when it is back', async () => {
    const school = await seedSchool(database);
    proxy.freeze();
    const pings = Promise.all(Array.from({ length: 30 }, () => timed(database.ping())));
    const calls = [
      timed(database.users.find(school.admin.userId)),
      timed(database.assessments.listFor(school.admin, { limit: 5 })),
      timed(addAssessment(database, school.admin)),
      timed(database.submissions.list({ studentId: school.student.userId, sort: 'createdAt', limit: 5 })),
    ];
    expect(Math.max(...(await pings))).toBeLessThan(2_000);
    expect(Math.max(...(await Promise.all(calls)))).toBeLessThan(3_000);
    proxy.thaw();
    await database.ping();
    expect(await database.users.find(school.admin.userId)).toMatchObject({ name: 'Ada Admin' });
  });

  it('in the middle of a transaction leaves no connection behind that is still inside of it', async () => {
    const school = await seedSchool(database);
    const id = await addAssessment(database, school.admin);
    const holder = new pg.Client({ connectionString: scratch.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM assessment WHERE id = $1 FOR UPDATE', [id]);
      const save = timed(database.assessments.saveQuestions(id, [question('1', 1)], school.admin.userId));
      await untilBlocked();
      proxy.freeze();
      await save;
      proxy.thaw();
    } finally {
      await holder.end();
    }
    expect(await database.assessments.saveQuestions(id, [question('1', 3)], school.admin.userId)).toBe(1);
    expect(await scratch.query('SELECT max_score FROM assessment WHERE id = $1', [id])).toEqual([{ max_score: 3 }]);
    await Promise.all(Array.from({ length: 20 }, (_, index) => database.assessments.update(id, { title: `title ${index}` })));
    const [stored] = await scratch.query('SELECT title FROM assessment WHERE id = $1', [id]);
    expect(await database.assessments.find(id)).toMatchObject(stored ?? {});
  });

  it('is told from one that works on something long, which is left to it', async () => {
    const pool = createPool(proxy.url, applicationName);
    const long = pool.query('SELECT pg_sleep(1.5), 7 AS answer');
    const client = await pool.connect();
    const alsoLong = client.query('SELECT pg_sleep(1.5), 8 AS answer');
    expect([(await long).rows[0]?.answer, (await alsoLong).rows[0]?.answer]).toEqual([7, 8]);
    proxy.freeze();
    // Alone and on a connection of one's own, as in a transaction: a working Postgres would have 5 s.
    for (const statement of [pool.query('SELECT 1'), client.query('SELECT 1')])
      expect(await timeUntil(expect(statement).rejects.toThrow(/terminated|timeout exceeded/))).toBeLessThan(3_000);
    client.release();
    proxy.thaw();
    expect((await pool.query('SELECT 9 AS answer')).rows).toEqual([{ answer: 9 }]);
    await pool.end();
  });

  it('is told from one whose connections are all at work: whoever wants one waits for it, also within a transaction, but not for ever', async () => {
    const pool = createPool(proxy.url, applicationName);
    const busy = (seconds: number) => Promise.all(Array.from({ length: 10 }, () => pool.query('SELECT pg_sleep($1)', [seconds])));
    const atWork = busy(1.5);
    expect((await pool.query('SELECT 7 AS answer')).rows).toEqual([{ answer: 7 }]);
    await atWork;
    const again = busy(1.5);
    const client = await pool.connect();
    expect((await client.query('SELECT 8 AS answer')).rows).toEqual([{ answer: 8 }]);
    client.release();
    await again;
    const toTheEnd = busy(4.4);
    expect(await timeUntil(expect(pool.query('SELECT 1')).rejects.toThrow('timeout exceeded when trying to connect'))).toBeGreaterThan(
      2_900,
    );
    await toTheEnd;
    await pool.end();
  });

  it('is told from a process that had no time to read what Postgres said', async () => {
    await database.ping();
    const stall = (ms: number) => {
      const begin = performance.now();
      while (performance.now() - begin < ms);
    };
    const calls = Array.from({ length: 30 }, () => database.institutions.findFirst());
    await new Promise((resolve) => setImmediate(resolve));
    stall(1_200);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 30 }, () => null));
    const pool = createPool(scratch.url, applicationName);
    const client = await pool.connect();
    const long = client.query('SELECT pg_sleep(2), 7 AS answer');
    // Falls behind the timer of whoever asks whether Postgres is still there: the question is out, and nobody reads the answer.
    setTimeout(stall, 400, 900);
    expect((await long).rows[0]?.answer).toBe(7);
    client.release();
    await pool.end();
  });

  it('may be away when the process starts, and be restarted later', async () => {
    const away = createDatabase({ url: 'postgres://postgres@127.0.0.1:1/nowhere' });
    expect(await timed(away.users.findByEmail('a@example.org'))).toBeLessThan(2_000);
    expect(await timed(away.ping())).toBeLessThan(2_000);
    await away.close();
    await database.ping();
    await scratch.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
      [applicationName],
    );
    await database.ping().catch((error: unknown) => expect(error).toMatchObject(unavailable));
    expect(await database.institutions.findFirst()).toBeNull();
  });
});

async function untilBlocked(): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await scratch.query(sql, [applicationName])).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

import { listPendingMigrations } from '@gradeflow/database';
import { findRunRecord, getLocalSecret, isAlive } from '@gradeflow/embedded-services';
import { type Finding, fault, fine, messageOf } from './finding.ts';

const what = 'Postgres';

/** Whether the database answers and has every migration. Without DATABASE_URL the embedded one is meant, which need not run. */
export async function checkPostgres(options: { url: string | undefined; dataDir: string }): Promise<Finding> {
  const url = options.url ?? (await findEmbedded(options.dataDir));
  if (!url) return fine(what, 'the embedded one is not running; `npm start` starts it');
  try {
    const pending = await listPendingMigrations({ url });
    if (pending.length === 0) return fine(what, 'answers, all migrations are applied');
    return fault(
      what,
      `lacks ${pending.length} migrations (${pending.join(', ')})`,
      'run `npm run -s gradeflow -- migrate` with this DATABASE_URL, or `npm start`',
    );
  } catch (error) {
    return fault(
      what,
      `does not answer: ${messageOf(error)}`,
      options.url ? 'check DATABASE_URL, and that the server runs' : 'stop `npm start` and start it again',
    );
  }
}

async function findEmbedded(dataDir: string): Promise<string | null> {
  const record = await findRunRecord(dataDir, 'postgres');
  if (!record?.pid || !(await isAlive(record.pid))) return null;
  return `postgres://postgres:${await getLocalSecret(dataDir, 'postgres')}@127.0.0.1:${record.port}/postgres`;
}

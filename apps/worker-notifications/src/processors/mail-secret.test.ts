import { hash } from 'node:crypto';
import type { SecretMail } from '@gradeflow/contracts';
import { UnavailableError } from '@gradeflow/errors';
import { createLogger } from '@gradeflow/logger';
import type { Mail } from '@gradeflow/mail';
import { connectFast, createOneTimeSecrets, type Redis } from '@gradeflow/redis';
import { createTestDatabase, seedSchool, type TestDatabase, testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createMailSecret } from './mail-secret.ts';

let testDatabase: TestDatabase;
let redis: Redis;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  redis = connectFast(testRedis().url, { name: 'test' });
  await waitFor(() => redis.status === 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await testDatabase.drop();
});

const secrets = () => ({ codes: createOneTimeSecrets(redis, 'verification'), resetTokens: createOneTimeSecrets(redis, 'password-reset') });

/** Runs the job; a server that is away for the first mails is tried again, as the queue does. */
async function run(kind: SecretMail, userId: string, options: { away?: number } = {}) {
  const mails: Mail[] = [];
  let away = options.away ?? 0;
  const send = async (mail: Mail) => {
    away -= 1;
    if (away >= 0) throw new UnavailableError({ detail: 'the server says later' });
    mails.push(mail);
  };
  const process = createMailSecret({
    ...{ database: testDatabase.database, publicUrl: 'https://marks.example.org/', ...secrets() },
    mailer: { send, close: () => {} },
  });
  const context = { jobId: 'test', attempt: 1, signal: new AbortController().signal, log: createLogger({ name: 'test', level: 'silent' }) };
  const attempt = () => process({ ...context, payload: { mailId: uuidv7(), kind, userId } });
  const result = await attempt().catch(attempt);
  return { result, mails };
}
const tokenIn = (mail: Mail | undefined) => new URL(/https:\S+/.exec(mail?.text ?? '')?.[0] ?? '').searchParams.get('token') ?? '';

it('mails a code that confirms once, to the person alone; the code of a lost mail is worthless', async () => {
  const { people } = await seedSchool(testDatabase.database);
  const { mails } = await run('verification', people.student);
  const code = /code is (\d{6})\b/.exec(mails[0]?.text ?? '')?.[1] ?? '';
  const again = await run('verification', people.student, { away: 1 });
  const newer = /code is (\d{6})\b/.exec(again.mails[0]?.text ?? '')?.[1] ?? '';
  const { codes } = secrets();
  if (code !== newer) expect(await codes.take(people.student, code)).toBe(false);
  expect(await codes.take(people.student, newer)).toBe(true);
  expect(await codes.take(people.student, newer)).toBe(false);
  expect(mails[0]?.to).toBe((await testDatabase.database.people.find(people.student))?.email);
});

it('mails links whose tokens are kept as hashes', async () => {
  const { people } = await seedSchool(testDatabase.database);
  const reset = await run('password-reset', people.teacher);
  const [userId, secret = ''] = tokenIn(reset.mails[0]).split('.');
  expect([userId, await secrets().resetTokens.take(people.teacher, secret)]).toEqual([people.teacher, true]);
  const invite = await run('invite', people.student);
  expect(invite.mails[0]?.text).toContain('https://marks.example.org/app/accept-invite?token=');
  const tokenHash = hash('sha256', tokenIn(invite.mails[0]));
  const accepted = await testDatabase.database.people.acceptInvite({ tokenHash, passwordHash: 'x' });
  expect(accepted?.id).toBe(people.student);
});

it('sends nothing to whoever has proved the address, has a password, or is gone', async () => {
  const { people } = await seedSchool(testDatabase.database);
  await testDatabase.database.people.markVerified(people.student);
  await testDatabase.database.people.resetPassword(people.teacher, 'x');
  const runs = [await run('verification', people.student), await run('invite', people.teacher), await run('password-reset', uuidv7())];
  for (const { result, mails } of runs) expect([result, mails]).toEqual([{ sent: false }, []]);
});

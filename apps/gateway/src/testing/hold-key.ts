import { createDatabase } from '@gradeflow/database';
import { createIdempotency } from '../http/idempotency.ts';

/**
 * A gateway that stops in the middle of a call with an `Idempotency-Key`: it has made a course and has not answered. Says the course's id on stdout and
 * waits to be killed. `node hold-key.ts '{url, secret, leaseMs, scope, body, institutionId, early}'`; `early`: it stops before the course is made.
 */
const { url, secret, leaseMs, scope, body, institutionId, early } = JSON.parse(process.argv[2] ?? '{}');
const database = createDatabase({ url });
await createIdempotency({ database, secret, leaseMs }).once({ scope, body }, async (id) => {
  if (!early) await database.courses.insert({ id, institutionId, name: 'Made before the end' });
  process.stdout.write(`${id}\n`);
  return new Promise(() => {});
});

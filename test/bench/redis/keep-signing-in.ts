/** Each person signs in again as soon as they are in, until the process is ended: `node keep-signing-in.ts <gateway> <emails as JSON>`. Says so once each was in. */
import { signInAt } from '../../e2e/gateways.ts';

const [url = '', emails = '[]'] = process.argv.slice(2);
const people = (JSON.parse(emails) as string[]).map((email) => ({ id: '', email }));
const gateway = { url, pid: 0, stop: async () => {} };
await Promise.all(people.map((person) => signInAt(gateway, person)));
process.stdout.write('signing in\n');
for (const person of people) void keepOn(person);

async function keepOn(person: { id: string; email: string }): Promise<void> {
  for (;;) await signInAt(gateway, person);
}

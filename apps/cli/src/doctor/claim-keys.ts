import { createSpool } from '@gradeflow/spool';

/**
 * One of the two processes that probe a volume: `node claim-keys.ts ROOT WHO HASH…` proves the volume for itself, then claims every key and prints
 * who holds it, as JSON.
 */
const [root = '', who = '', ...hashes] = process.argv.slice(2);
const spool = createSpool({ root });
await spool.prepare();
await spool.probe();
const claims = [];
for (const hash of hashes) claims.push(await spool.claimKey(hash, { submissionId: who, bodyHash: hash }));
process.stdout.write(JSON.stringify(claims));

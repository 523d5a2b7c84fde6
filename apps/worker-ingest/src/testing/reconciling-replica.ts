/**
 * A process that reconciles as a replica of worker-ingest does; says `holds <fence>` when it has the lease. Arguments: folder of the data, URL of the
 * database, of the queue, its prefix, pause between rounds in ms.
 */
import path from 'node:path';
import { createDatabase, createRecordQuestionPaper } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createProducer } from '@gradeflow/queue';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { startLeaseKeeper } from '../reconcile/lease-keeper.ts';
import { createReconciler, startReconciling } from '../reconcile/reconcile.ts';
import { createRecordSubmission } from '../record-submission.ts';

const [dataDir = '', databaseUrl = '', queueUrl = '', prefix = '', intervalMs = ''] = process.argv.slice(2);
const log = createLogger({ name: 'replica', level: 'silent' });
const database = createDatabase({ url: databaseUrl });
const lease = startLeaseKeeper({ leases: database.leases, log });
const reconcile = createReconciler({
  ...{ database, lease, log },
  spool: createSpool({ root: path.join(dataDir, 'spool') }),
  storage: createFileStorage({ root: path.join(dataDir, 'storage') }),
  producer: createProducer({ url: queueUrl, prefix }),
  recordSubmission: createRecordSubmission(database),
  recordQuestionPaper: createRecordQuestionPaper(database),
});
const reconciler = startReconciling(reconcile, { intervalMs: Number(intervalMs), log });

let told: number | undefined;
setInterval(() => {
  const state = lease.current();
  const fence = typeof state === 'string' ? undefined : state.fence;
  if (fence !== undefined && fence !== told) process.stdout.write(`holds ${fence}\n`);
  told = fence;
}, 20);

const stop = async () => {
  await reconciler.close();
  await lease.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());

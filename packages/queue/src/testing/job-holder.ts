/** A worker process that takes a test job and never ends it; says `holding <jobId>` then. Arguments: url, prefix, instance id, jobs. */
import { createWorkerGroup } from '../index.ts';
import { silentLog, testJob } from './queue-test.ts';

const [url = '', prefix = '', instanceId = '', jobs = '1'] = process.argv.slice(2);
const group = createWorkerGroup({ url, prefix, instanceId, log: silentLog });
group.start(
  testJob,
  ({ jobId }) => {
    process.stdout.write(`holding ${jobId}\n`);
    return new Promise(() => {});
  },
  { concurrency: Number(jobs) },
);

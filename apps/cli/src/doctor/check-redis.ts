import { findRedisBinary, findRunRecord, isAlive } from '@gradeflow/embedded-services';
import { connectFast } from '@gradeflow/redis';
import { type Finding, fault, fine, messageOf } from './finding.ts';

const leastVersion = [6, 2] as const;

/** The Redis of one role. `url` is what the environment names; without it the embedded one, which need not run. */
export async function checkRedis(options: { role: 'queue' | 'cache'; url: string | undefined; dataDir: string }): Promise<Finding> {
  const { role, dataDir } = options;
  const what = `Redis (${role})`;
  const url = options.url ?? (await findEmbedded(dataDir));
  if (!url) return checkBinary(what);
  try {
    return judge(what, role, await readInfo(url));
  } catch (error) {
    const variable = role === 'queue' ? 'REDIS_QUEUE_URL' : 'REDIS_CACHE_URL';
    return fault(
      what,
      `does not answer: ${messageOf(error)}`,
      options.url ? `check ${variable}, and that the server runs` : 'stop `npm start` and start it again',
    );
  }
}

async function findEmbedded(dataDir: string): Promise<string | null> {
  const record = await findRunRecord(dataDir, 'redis');
  return record?.pid && (await isAlive(record.pid)) ? `redis://127.0.0.1:${record.port}` : null;
}

async function checkBinary(what: string): Promise<Finding> {
  const binary = await findRedisBinary();
  if (binary) return fine(what, `the embedded one is not running; \`npm start\` starts ${binary}`);
  if (process.getuid?.() === 0) return fine(what, 'not installed; `npm start` installs it by apt-get');
  return fault(what, 'there is no redis-server or valkey-server on the PATH', 'install one, or set REDIS_QUEUE_URL and REDIS_CACHE_URL');
}

async function readInfo(url: string): Promise<Map<string, string>> {
  const redis = connectFast(url, { name: 'gradeflow-doctor' });
  try {
    await new Promise((resolve, reject) => redis.once('ready', resolve).once('error', reject));
    const lines = (await Promise.all([redis.info('server'), redis.info('memory')])).join('\n').split(/\r?\n/);
    return new Map(
      lines.filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
  } finally {
    redis.disconnect();
  }
}

function judge(what: string, role: 'queue' | 'cache', info: Map<string, string>): Finding {
  // Valkey reports the Redis version that it is compatible with under the same name.
  const version = info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < leastVersion[0] || (major === leastVersion[0] && minor < leastVersion[1])) {
    return fault(what, `version ${version}`, `bring it to ${leastVersion.join('.')} or later`);
  }
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  if (role === 'queue' && policy !== 'noeviction') {
    return fault(
      what,
      `version ${version}, but maxmemory-policy is ${policy}: full memory would drop jobs`,
      'set maxmemory-policy noeviction on the queue Redis',
    );
  }
  return fine(what, `version ${version}, ${policy}`);
}

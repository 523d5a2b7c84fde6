import path from 'node:path';
import type { Command } from '../command.ts';
import { checkNode, checkPort, checkStorage } from '../doctor/check-machine.ts';
import { checkModel, checkVisionModel } from '../doctor/check-model.ts';
import { checkOcr } from '../doctor/check-ocr.ts';
import { checkPostgres } from '../doctor/check-postgres.ts';
import { checkRedis } from '../doctor/check-redis.ts';
import { checkSpool } from '../doctor/check-spool.ts';
import { renderFinding } from '../doctor/finding.ts';
import { loadCliEnv, ocrDataFolder } from '../env.ts';

export const command: Command = {
  name: 'doctor',
  summary: 'check this machine and its configuration, say what to do',
  usage: `usage: gradeflow doctor

Checks Node, Redis, Postgres, the spool volume, OCR engine and data, storage, the gateway's port and the models, with the environment that \`npm start\`
reads. A line each; ends with 1 when there is a fault. Works while Gradeflow runs and while it does not.`,
  async run(_args, { stdout }) {
    const env = loadCliEnv(process.env);
    const { DATA_DIR: dataDir } = env;
    // In the order in which things depend on each other; all at once, since some wait for a time-out.
    const findings = await Promise.all([
      checkNode(),
      checkRedis({ role: 'queue', url: env.REDIS_QUEUE_URL, dataDir }),
      checkRedis({ role: 'cache', url: env.REDIS_CACHE_URL, dataDir }),
      checkPostgres({ url: env.DATABASE_URL, dataDir }),
      checkSpool(path.join(dataDir, 'spool')),
      checkStorage(dataDir),
      checkOcr({ engine: env.OCR_ENGINE, ocrDataDir: ocrDataFolder(env) }),
      checkPort(env),
      checkModel(env),
      checkVisionModel(env),
    ]);
    for (const finding of findings) stdout.write(`${renderFinding(finding)}\n`);
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
};

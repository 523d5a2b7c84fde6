import path from 'node:path';
import { createFileStorage } from '@gradeflow/storage';
import type { CliEnv } from '../env.ts';
import { assertPortFree } from '../local-run/http-port.ts';
import { askReadiness, describeFaults } from '../local-run/readiness.ts';
import { type Finding, fault, fine, messageOf } from './finding.ts';

export function checkNode(version = process.versions.node): Finding {
  const major = Number(version.split('.')[0]);
  return major >= 24
    ? fine('Node', version)
    : fault('Node', `${version} is too old to run the apps`, 'start through npm: `npm start` brings Node 24 itself');
}

export async function checkStorage(dataDir: string): Promise<Finding> {
  const root = path.join(dataDir, 'storage');
  try {
    await createFileStorage({ root }).probe();
    return fine('storage', `writable (${root})`);
  } catch (error) {
    return fault('storage', messageOf(error), `make ${root} a writable folder with room on its disk`);
  }
}

/** A free port is as good as a gateway of ours that is ready. */
export async function checkPort(env: CliEnv): Promise<Finding> {
  const answer = await askReadiness(`http://localhost:${env.PORT}`);
  if (answer?.status === 'ok') return fine('gateway', `answers on port ${env.PORT} and is ready`);
  if (answer?.checks) {
    return fault(
      'gateway',
      `on port ${env.PORT} is ${answer.status}: ${describeFaults(answer)}`,
      'see the other lines, and the log of `npm start`',
    );
  }
  try {
    await assertPortFree(env.HOST, env.PORT);
    return fine('gateway', `not running; port ${env.PORT} is free`);
  } catch (error) {
    return fault('gateway', messageOf(error), `choose another port: PORT=${env.PORT + 1} npm start`);
  }
}

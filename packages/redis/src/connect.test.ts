import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chooseFreePort, findRedisBinary } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectFast } from './index.ts';

/** Servers that want what an operator's may want; nothing of theirs is kept. */
let folder: Awaited<ReturnType<typeof createTempDir>>;
const servers: ChildProcess[] = [];

beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await waitFor(() => servers.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null));
  await folder.remove();
});

async function serve(args: (port: number) => string[]): Promise<number> {
  const port = await chooseFreePort();
  const common = ['--bind', '127.0.0.1', '--save', '', '--dir', folder.path];
  servers.push(spawn((await findRedisBinary()) ?? 'redis-server', [...args(port), ...common], { stdio: 'ignore' }));
  return port;
}

async function answers(url: string): Promise<void> {
  const redis = connectFast(url, { name: 'connect-test' });
  try {
    await waitFor(async () => (await redis.ping()) === 'PONG', { what: 'an answer' });
    await redis.set('{a}:key', 'value', 'EX', 60);
    expect(await redis.get('{a}:key')).toBe('value');
  } finally {
    redis.disconnect();
  }
}

describe('connectFast', () => {
  it('signs in with a user of the access list, and gets nowhere without', async () => {
    const port = await serve((port) => ['--port', `${port}`]);
    const operator = connectFast(`redis://127.0.0.1:${port}`, { name: 'connect-test' });
    await waitFor(() => operator.acl('SETUSER', 'app', 'on', '>p@ss', '~*', '&*', '+@all'));
    await operator.acl('SETUSER', 'default', 'off');
    operator.disconnect();
    await answers(`redis://app:p%40ss@127.0.0.1:${port}`);
    const stranger = connectFast(`redis://127.0.0.1:${port}`, { name: 'connect-test' });
    await expect(waitFor(async () => (await stranger.ping()) === 'PONG', { timeoutMs: 500 })).rejects.toThrow();
    stranger.disconnect();
  });

  it('speaks TLS to a server whose authority it was told', async () => {
    const [key, ca] = [path.join(folder.path, 'key.pem'), path.join(folder.path, 'ca.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', ca], { stdio: 'ignore' });
    const tls = ['--tls-cert-file', ca, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'];
    const port = await serve((port) => ['--port', '0', '--tls-port', `${port}`, ...tls]);
    await answers(`rediss://localhost:${port}?ca=${ca}`);
  });

  it('asks sentinels for the master', async () => {
    const master = await serve((port) => ['--port', `${port}`]);
    await answers(`redis://127.0.0.1:${master}`);
    const sentinelPort = await chooseFreePort();
    const file = path.join(folder.path, 'sentinel.conf');
    await writeFile(file, `port ${sentinelPort}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${master} 1\n`);
    servers.push(spawn((await findRedisBinary()) ?? 'redis-server', [file, '--sentinel'], { stdio: 'ignore' }));
    await answers(`redis+sentinel://127.0.0.1:${sentinelPort}/main`);
  });

  it('follows a cluster', async () => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await chooseFreePort()}`];
    const port = await serve((port) => ['--port', `${port}`, ...cluster, '--cluster-config-file', `nodes-${port}.conf`]);
    const node = connectFast(`redis://127.0.0.1:${port}`, { name: 'connect-test' });
    await waitFor(async () => (await node.ping()) === 'PONG');
    await node.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    node.disconnect();
    await answers(`redis+cluster://127.0.0.1:${port}`);
  });
});

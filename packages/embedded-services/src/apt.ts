import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { findOnPath } from './find-on-path.ts';
import type { LogLine } from './service.ts';

export interface AptOptions {
  log: LogLine;
  /** What the packages are for; begins each line of the log. */
  purpose: string;
}

/** A network that does not answer is given up soon; another apt-get that is at work is waited for. Seconds. */
const patience = ['Acquire::http::Timeout=20', 'Acquire::https::Timeout=20', 'Acquire::Retries=1', 'DPkg::Lock::Timeout=60'].flatMap(
  (option) => ['-o', option],
);

/** dpkg lets one in at a time. */
let last: Promise<unknown> = Promise.resolve();

/** Whether packages can be installed here: by root, with apt-get. */
export async function canInstallByApt(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findOnPath(['apt-get'])) !== null;
}

/**
 * Installs packages without what they recommend, one call after another; package lists are fetched when there are none or when they are too old. Throws Error
 * with the last words of apt-get.
 */
export function installByApt(packages: readonly string[], options: AptOptions): Promise<void> {
  const installed = last.then(() => install(packages, options));
  last = installed.catch(() => undefined);
  return installed;
}

async function install(packages: readonly string[], options: AptOptions): Promise<void> {
  const { log, purpose } = options;
  log(`${purpose}: installing ${packages.join(', ')} by apt-get (once)`);
  const command = ['install', '-y', '--no-install-recommends', ...packages];
  const lists = await readdir('/var/lib/apt/lists').catch(() => []);
  if (!lists.some((name) => name.includes('Packages'))) await apt(['update'], options);
  await apt(command, options).catch(async () => {
    log(`${purpose}: refreshing the package lists`);
    await apt(['update'], options);
    await apt(command, options);
  });
}

/** In a process group of its own: Ctrl-C in the terminal must not leave packages half installed. */
function apt(args: string[], { log, purpose }: AptOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', ['-q', ...patience, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => said.push(...chunk.split('\n').filter((line) => line.trim())));
    }
    const heartbeat = setInterval(() => log(`${purpose}: apt-get ${args[0]} … ${said.at(-1) ?? ''}`.slice(0, 120)), 5_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(heartbeat);
      if (code === 0) resolve();
      else reject(new Error(`apt-get ${args[0]} ended with ${code}: ${said.slice(-5).join(' / ')}`));
    });
  });
}

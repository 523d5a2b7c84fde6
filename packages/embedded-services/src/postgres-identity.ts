import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UnavailableError } from '@gradeflow/errors';

const run = promisify(execFile);

/** As whom Postgres runs: it refuses to be root. */
export interface PostgresIdentity {
  /** Put before every command. */
  prefix: string[];
  /** Account to switch to; absent: the one of this process. */
  account?: { uid: number; gid: number };
}

const userNamespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

/**
 * Not root: as this user. Root: inside a user namespace, where it looks like an ordinary user and may still read whatever root may; where
 * namespaces are refused, as the account `postgres`, if that one can reach both the binaries and the data.
 * Throws UnavailableError POSTGRES_AS_ROOT naming the ways out.
 */
export async function choosePostgresIdentity(options: {
  binary: string;
  folder: string;
  isRoot?: boolean;
  namespaceCommand?: string[];
}): Promise<PostgresIdentity> {
  const { binary, folder, isRoot = process.getuid?.() === 0, namespaceCommand = userNamespace } = options;
  if (!isRoot) return { prefix: [] };
  const [command = '', ...args] = namespaceCommand;
  if (await succeeds(command, [...args, binary, '--version'])) return { prefix: namespaceCommand };
  const account = await findAccount('postgres');
  if (!account) throw cannotBeRoot('there is no account `postgres`');
  if (!(await succeeds(binary, ['--version'], account))) throw cannotBeRoot(`the account \`postgres\` cannot run ${binary}`);
  await giveFolderTo(folder, account);
  if (!(await succeeds('test', ['-w', folder], account))) throw cannotBeRoot(`the account \`postgres\` cannot reach ${folder}`);
  return { prefix: [], account };
}

function cannotBeRoot(why: string): UnavailableError {
  return new UnavailableError({
    code: 'POSTGRES_AS_ROOT',
    detail:
      `Postgres does not run as root, user namespaces are refused here, and ${why}. Any of these helps:\n` +
      '  1. name a running Postgres: DATABASE_URL=postgres://…\n' +
      '  2. run this as an ordinary user\n' +
      '  3. have an account `postgres`, with this folder and DATA_DIR where that account may read them',
  });
}

async function succeeds(command: string, args: string[], account?: { uid: number; gid: number }): Promise<boolean> {
  return run(command, args, { ...account, cwd: '/', timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

async function findAccount(name: string): Promise<{ uid: number; gid: number } | null> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  const fields = lines.map((line) => line.split(':')).find(([account]) => account === name);
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}

/** Postgres wants to own its data. Only root can give a folder away, so this does nothing for others; nor when the owner is right already. */
export async function giveFolderTo(folder: string, account: { uid: number; gid: number }): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0 || (await stat(folder)).uid === account.uid) return;
  await run('chown', ['-R', `${account.uid}:${account.gid}`, folder]);
}

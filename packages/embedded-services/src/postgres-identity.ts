import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UnavailableError } from '@gradeflow/errors';

const run = promisify(execFile);

/** As whom Postgres runs: it refuses to be root. */
export interface PostgresIdentity {
  /** Put before every command. */
  prefix: string[];
  /** Account to switch to before the command; absent: the one of this process. */
  account?: Account;
  /** Whose the data must be. */
  owner: Account;
}

interface Account {
  uid: number;
  gid: number;
}

/** Ways to be somebody else, replaced in tests. */
export interface IdentityCommands {
  /** Runs a command in a user namespace; looks like an ordinary user there and may still read whatever root may. */
  namespace: string[];
  /** The program of util-linux that changes account and keeps single rights. */
  setpriv: string;
}

const commandsHere: IdentityCommands = { namespace: ['unshare', '--user', '--map-user=1000', '--map-group=1000'], setpriv: 'setpriv' };

/**
 * Not root: as this user. Root: inside a user namespace. Where namespaces are refused (containers): as the account `postgres` or `nobody` with the one
 * right to pass through folders that are root's alone; where that right is not to be had either, as the plain account, if it can reach both the
 * binaries and the data. Throws UnavailableError POSTGRES_AS_ROOT naming the ways out.
 */
export async function choosePostgresIdentity(options: {
  binary: string;
  folder: string;
  isRoot?: boolean;
  commands?: IdentityCommands;
}): Promise<PostgresIdentity> {
  const { binary, folder, isRoot = process.getuid?.() === 0, commands = commandsHere } = options;
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (!isRoot) return { prefix: [], owner: self };
  const [command = '', ...args] = commands.namespace;
  if (await succeeds(command, [...args, binary, '--version'])) return { prefix: commands.namespace, owner: self };

  const account = (await findAccount('postgres')) ?? (await findAccount('nobody'));
  if (!account) throw cannotBeRoot('there is no account `postgres` or `nobody`');
  await giveFolderTo(folder, account);
  const passing = passingThrough(account);
  if (await succeeds(commands.setpriv, [...passing, 'test', '-w', folder, '-a', '-x', binary]))
    return { prefix: [commands.setpriv, ...passing], owner: account };
  if (!(await succeeds(binary, ['--version'], account))) throw cannotBeRoot(`another account cannot run ${binary}`);
  if (!(await succeeds('test', ['-w', folder], account))) throw cannotBeRoot(`another account cannot reach ${folder}`);
  return { prefix: [], account, owner: account };
}

/** Without the last one the kernel drops the right again where Postgres asks whether it may open its own program (access(2)). */
function passingThrough({ uid, gid }: Account): string[] {
  const right = '+dac_override';
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${right}`,
    `--ambient-caps=${right}`,
    '--securebits=+no_setuid_fixup',
  ];
}

function cannotBeRoot(why: string): UnavailableError {
  return new UnavailableError({
    code: 'POSTGRES_AS_ROOT',
    detail:
      `Postgres does not run as root, user namespaces are refused here, and ${why}. Any of these helps:\n` +
      '  1. name a running Postgres: DATABASE_URL=postgres://…\n' +
      '  2. run this as an ordinary user\n' +
      '  3. put this folder and DATA_DIR where the account `postgres` (or `nobody`) may read them',
  });
}

async function succeeds(command: string, args: string[], account?: Account): Promise<boolean> {
  return run(command, args, { ...account, cwd: '/', timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

async function findAccount(name: string): Promise<Account | null> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  const fields = lines.map((line) => line.split(':')).find(([account]) => account === name);
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}

/** Postgres wants to own its data. Only root can give a folder away, so this does nothing for others; nor when the owner is right already. */
export async function giveFolderTo(folder: string, account: Account): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0 || (await stat(folder)).uid === account.uid) return;
  await run('chown', ['-R', `${account.uid}:${account.gid}`, folder]);
}

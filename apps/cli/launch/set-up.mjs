import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from './paths.mjs';

const stampFile = (name) => root('node_modules', `.gradeflow-${name}`);

/**
 * Makes the clone ready to run: packages (with Node 24 among them) and generated code. Each part leaves a stamp of what it was made from and is
 * skipped while that is unchanged, so a second start costs milliseconds.
 */
export async function setUp({ runner, env, packageManager, say }) {
  const wanted = hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()]);
  if (!existsSync(root('node_modules/node/bin/node')) || stampOf('installed') !== wanted) {
    say('installing packages (the first time takes about a minute)');
    await must(
      runner.run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], { env, stdout: 2 }),
      'the packages could not be installed',
    );
    stamp('installed', wanted);
  }
  const schema = hashOf(['prisma/schema.prisma', 'packages/database/package.json', 'pnpm-lock.yaml']);
  if (!existsSync(root('packages/database/src/generated')) || stampOf('generated') !== schema) {
    say('generating the database client');
    const { code, output } = await runner.capture('turbo', ['run', 'generate'], { env });
    if (code !== 0) process.stderr.write(output);
    await must(code, 'the database client could not be generated');
    stamp('generated', schema);
  }
}

async function must(code, fault) {
  const exitCode = await code;
  if (exitCode !== 0) throw Object.assign(new Error(`${fault} (exit code ${exitCode})`), { exitCode });
}

/** The package.json of every workspace: what pnpm reads besides its lock file. */
function manifests() {
  const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(root(parent)).map((name) => `${parent}/${name}`));
  return ['.', 'test', ...folders].map((folder) => `${folder}/package.json`).filter((file) => existsSync(root(file)));
}

function hashOf(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(root(file)));
  return hash.digest('hex');
}

const stampOf = (name) => (existsSync(stampFile(name)) ? readFileSync(stampFile(name), 'utf8') : null);

function stamp(name, value) {
  mkdirSync(root('node_modules'), { recursive: true });
  writeFileSync(stampFile(name), value);
}

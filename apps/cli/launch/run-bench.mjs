import { existsSync, readdirSync } from 'node:fs';
import { root } from './paths.mjs';

/** Runs `test/bench/<name>.ts` with the remaining arguments; without a known name it lists them and ends with 2. */
export async function runBench(runner, env, [name, ...args]) {
  const folder = root('test/bench');
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => file.slice(0, -3))
    : [];
  if (!names.includes(name)) {
    process.stderr.write(`usage: npm run bench -- NAME\nnames: ${names.sort().join(', ') || '(none yet)'}\n`);
    return 2;
  }
  return runner.run('node', [root('test/bench', `${name}.ts`), ...args], { env });
}

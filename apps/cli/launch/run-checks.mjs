import { existsSync } from 'node:fs';
import { root } from './paths.mjs';

const promiseRules = ['typescript/no-floating-promises', 'typescript/no-misused-promises'].flatMap((rule) => ['-D', rule]);

/** Everything that can be said about the code without running it; each is a program, its arguments, and what it needs to exist. */
const checks = [
  { name: 'format and lint', command: ['biome', 'ci', '--config-path=.config', '--colors=off', '.'] },
  { name: 'types', command: ['turbo', 'run', 'typecheck', '--continue', '--output-logs=errors-only'] },
  { name: 'promises', command: ['oxlint', '--type-aware', '-A', 'all', ...promiseRules, 'packages', 'apps', 'test'] },
  { name: 'levels', command: ['node', '.config/check-levels.mjs'] },
  { name: 'dead code', command: ['knip', '--config', '.config/knip.json', '--no-progress', '--no-config-hints'] },
  {
    name: 'OpenAPI document',
    command: ['node', 'apps/gateway/src/openapi/write-openapi.ts', '--check'],
    file: 'apps/gateway/src/openapi/write-openapi.ts',
  },
];

/** Runs them all, also after a failure; one line each with its time, the whole output of those that fail. Resolves with 0 or 1. */
export async function runChecks(runner, env) {
  let failures = 0;
  for (const { name, command, file } of checks) {
    if (file && !existsSync(root(file))) {
      process.stdout.write(`skipped  ${name}: there is no ${file}\n`);
      continue;
    }
    const startedAt = performance.now();
    const [program, ...args] = command;
    const { code, output } = await runner.capture(program, args, { env: { ...env, NO_COLOR: '1' } });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${code === 0 ? 'ok      ' : 'FAILED  '} ${name}  ${seconds} s\n`);
    if (code === 0) continue;
    failures += 1;
    process.stdout.write(`${output.trimEnd()}\n\n`);
  }
  return failures === 0 ? 0 : 1;
}

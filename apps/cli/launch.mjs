#!/usr/bin/env node
// The way in for every npm script. Plain JavaScript for Node 20 without dependencies: it runs before anything is installed, brings
// the packages and Node 24, and hands over. All it says itself goes to stderr, so that stdout belongs to the command.
import { readFileSync } from 'node:fs';
import { commandEnvironment, toolEnvironment } from './launch/environment.mjs';
import { root } from './launch/paths.mjs';
import { runBench } from './launch/run-bench.mjs';
import { runChecks } from './launch/run-checks.mjs';
import { runTests } from './launch/run-tests.mjs';
import { createRunner } from './launch/runner.mjs';
import { setUp } from './launch/set-up.mjs';

const main = root('apps/cli/src/main.ts');

/** Each gets what it needs to run programs and resolves with the exit code. */
const commands = {
  start: ({ runner, env, cwd, args }) => runner.run('node', [main, 'start', ...args], { env, cwd, ipc: true }),
  dev: ({ runner, env, cwd, args }) => runner.run('node', [main, 'dev', ...args], { env, cwd, ipc: true }),
  gradeflow: ({ runner, env, cwd, args }) => runner.run('node', [main, ...args], { env, cwd }),
  test: ({ runner, toolEnv, args }) => runTests(runner, toolEnv, args),
  check: ({ runner, toolEnv }) => runChecks(runner, toolEnv),
  bench: ({ runner, toolEnv, args }) => runBench(runner, toolEnv, args),
  chaos: ({ runner, toolEnv, args }) => runner.run('node', [root('test/chaos/chaos.ts'), ...args], { env: toolEnv }),
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : null;
if (!command) {
  process.stderr.write(`usage: node apps/cli/launch.mjs ${Object.keys(commands).join(' | ')}\n`);
  process.exit(2);
}

// Before the first child: a process that a signal ends runs no exit handlers, and its children would stay.
const runner = createRunner();
const { packageManager } = JSON.parse(readFileSync(root('package.json'), 'utf8'));
const toolEnv = toolEnvironment(process.env);
try {
  await setUp({ runner, env: toolEnv, packageManager, say: (line) => process.stderr.write(`gradeflow: ${line}\n`) });
  // File names on the command line mean what they meant where the person stood: npm itself changes to the root.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  process.exit(await command({ runner, args, cwd, toolEnv, env: commandEnvironment(process.env) }));
} catch (error) {
  process.stderr.write(`gradeflow: ${error instanceof Error ? error.message : error}\n`);
  process.exit(error?.exitCode ?? 1);
}

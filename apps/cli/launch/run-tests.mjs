import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';

const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  root('node_modules/jest/bin/jest.js'),
  '-c',
  root('.config/jest.config.mjs'),
];

/** Runs Jest with the given arguments (none: everything). The last line on stdout counts what Jest's own record says. */
export async function runTests(runner, env, args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradeflow-tests-'));
  const record = path.join(folder, 'results.json');
  try {
    const code = await runner.run('node', [...jest, '--json', `--outputFile=${record}`, ...args], { env, stdout: 2 });
    if (!existsSync(record)) throw new Error('the tests did not run: Jest left no results');
    const { line, failed } = summarize(JSON.parse(readFileSync(record, 'utf8')));
    process.stdout.write(`${line}\n`);
    return code === 0 && failed > 0 ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not even be loaded holds no counted test, and counts as one failure. */
export function summarize(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return { failed, line: `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}` };
}

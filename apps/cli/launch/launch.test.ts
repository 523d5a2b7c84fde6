import { describe, expect, it } from '@jest/globals';
import { commandEnvironment, toolEnvironment } from './environment.mjs';
import { summarize } from './run-tests.mjs';

describe('the environment of what the launcher starts', () => {
  const env = {
    PATH: '/usr/bin',
    HOME: '/home/a',
    INIT_CWD: '/somewhere',
    npm_package_name: 'gradeflow',
    npm_lifecycle_event: 'start',
    npm_execpath: '/npm',
    npm_config_registry: 'https://registry.example',
    npm_config_global_prefix: '/usr',
  };

  it('is free of what npm says about itself and keeps the settings of the registry', () => {
    expect(Object.keys(commandEnvironment(env)).sort()).toEqual(['HOME', 'PATH', 'npm_config_registry']);
  });

  it('has the installed tools before the system', () => {
    expect(commandEnvironment(env).PATH).toMatch(/node_modules\/\.bin:\/usr\/bin$/);
  });

  it('asks no questions of the person, but leaves a CI setting as it is', () => {
    expect(toolEnvironment(env)).toMatchObject({ CI: '1', DO_NOT_TRACK: '1' });
    expect(toolEnvironment({ ...env, CI: 'false' }).CI).toBe('false');
  });
});

describe('the closing line of a test run', () => {
  const results = { numPassedTests: 12, numFailedTests: 0, numRuntimeErrorTestSuites: 0, numPendingTests: 0, numTodoTests: 0 };

  it('counts a file that could not be loaded as a failure', () => {
    expect(summarize({ ...results, numRuntimeErrorTestSuites: 1 })).toEqual({ failed: 1, line: '12 passed, 1 failed' });
  });

  it('names skipped tests only when there are some', () => {
    expect(summarize(results).line).toBe('12 passed, 0 failed');
    expect(summarize({ ...results, numPendingTests: 2 }).line).toBe('12 passed, 0 failed, 2 skipped');
  });
});

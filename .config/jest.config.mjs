import { fileURLToPath } from 'node:url';

const rootDir = fileURLToPath(new URL('..', import.meta.url));

/** One root run: unit tests beside the code and the end-to-end run in test/e2e; services are started once in globalSetup. */
export default {
  rootDir,
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  coverageProvider: 'v8',
  testTimeout: 30_000,
  maxWorkers: 2,
  // Modules of every test file stay in a worker's heap: at 1.7 GB its collections hold up whatever is tested for seconds.
  workerIdleMemoryLimit: '512MB',
};

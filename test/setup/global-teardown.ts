import './global-setup.ts';

/** Once after all tests: ends what the set-up started. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.gradeflowTestServices?.stop();
}

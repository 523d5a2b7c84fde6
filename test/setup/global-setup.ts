import { makeTemplateDatabase } from '@gradeflow/testing';
import { startTestServices, type TestServices } from './services.ts';

declare global {
  var gradeflowTestServices: TestServices | undefined;
}

/** Once before all tests: real services, and a migrated database to copy. The workers find them in TEST_DATABASE_URL and TEST_REDIS_URL. */
export default async function globalSetup(): Promise<void> {
  const services = await startTestServices(process.env);
  globalThis.gradeflowTestServices = services;
  process.env.TEST_DATABASE_URL = services.databaseUrl;
  process.env.TEST_REDIS_URL = services.redisUrl;
  await makeTemplateDatabase(services.databaseUrl).catch(async (error: unknown) => {
    await services.stop();
    throw error;
  });
}

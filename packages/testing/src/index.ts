export { countRows } from './count-rows.ts';
export { type ChatRequest, type FakeOpenAi, type FakeReply, fakeUsage, startFakeOpenAi } from './fake-openai.ts';
export { type School, seedSchool } from './seed-school.ts';
export { createTcpLink, listenFor, type TcpLink } from './tcp-link.ts';
export { createTempDir } from './temp-dir.ts';
export { makeTemplateDatabase } from './template-database.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { testRedis } from './test-redis.ts';
export { waitFor } from './wait-for.ts';

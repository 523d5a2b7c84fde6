export { chooseFreePort } from './free-port.ts';
export { getLocalSecret } from './local-secret.ts';
export { offerTesseract } from './offer-tesseract.ts';
export { findCommandLine, isAlive } from './processes.ts';
export { ensureRedisBinary, findRedisBinary } from './redis-binary.ts';
export { findRunRecord } from './run-record.ts';
export type { EmbeddedService, LogLine } from './service.ts';
export { startPostgres } from './start-postgres.ts';
export { startRedis } from './start-redis.ts';

export * from './fragments.ts';
export { loadConfig } from './load-config.ts';

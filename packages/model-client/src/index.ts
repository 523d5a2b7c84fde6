export { askForReply, type ParsedReply } from './ask-for-reply.ts';
export type { CallEnd, CallMeter, TokenUsage } from './call-meter.ts';
export * from './model-client.ts';
export { ModelError } from './model-error.ts';
export { readJsonReply } from './read-json-reply.ts';

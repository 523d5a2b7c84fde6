export { askForReply, type ParsedReply } from './ask-for-reply.ts';
export * from './model-client.ts';
export { readJsonReply } from './read-json-reply.ts';

import { APIConnectionError, APIError, APIUserAbortError } from 'openai';

export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
}

/** How a request ended: answered with what the server says that it used; refused or never sent, which costs nothing; or cut off, which may have cost all that it could. */
export type CallEnd = { kind: 'answered'; usage: TokenUsage } | { kind: 'free' } | { kind: 'unknown' };

/** Stands before and behind every request to a model, so that somebody can count it and refuse it. */
export interface CallMeter {
  /** Before a request, with the most that it can use. What it throws ends the asking. What it gives is called once when the request has ended. */
  reserve(most: TokenUsage): Promise<(end: CallEnd) => Promise<void>>;
}

interface Completion {
  usage?: { prompt_tokens: number; completion_tokens: number } | null | undefined;
  choices?: unknown;
}

/**
 * Makes a request between `reserve` and its end. The most that a request can use are its bytes (no tokeniser makes more tokens than bytes) and the longest reply that it asks for. A server that does
 * not say what it used counts by bytes.
 */
export async function runMetered<Reply extends Completion>(
  meter: CallMeter | undefined,
  request: { body: object; maxReplyTokens: number | undefined },
  call: () => Promise<Reply>,
): Promise<Reply> {
  if (!meter) return call();
  const most = { promptTokens: bytesOf(request.body), completionTokens: request.maxReplyTokens ?? Number.POSITIVE_INFINITY };
  const settle = await meter.reserve(most);
  let reply: Reply;
  try {
    reply = await call();
  } catch (error) {
    await settle({ kind: isFree(error) ? 'free' : 'unknown' });
    throw error;
  }
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = reply.usage ?? {};
  const usage =
    isCount(promptTokens) && isCount(completionTokens)
      ? { promptTokens, completionTokens }
      : { promptTokens: most.promptTokens, completionTokens: bytesOf(reply.choices ?? []) };
  await settle({ kind: 'answered', usage });
  return reply;
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Given by whoever waited for the server; what that did meanwhile nobody knows. */
const waitedStatuses = new Set([408, 504]);

/** Any other answer with a status of its own was no completion; a server that cannot be reached has got nothing. Whatever broke off in between may have been worked on. */
function isFree(error: unknown): boolean {
  if (error instanceof APIUserAbortError) return false;
  if (!(error instanceof APIConnectionError))
    return error instanceof APIError && typeof error.status === 'number' && !waitedStatuses.has(error.status);
  return codesOf(error).some((code) => neverSent.has(code));
}

/** Codes of an error and of what it was caused by. */
function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return [...(typeof code === 'string' ? [code] : []), ...codesOf(cause)];
}

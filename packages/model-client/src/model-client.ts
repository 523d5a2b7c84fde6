import { AppError } from '@gradeflow/errors';
import {
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import type { z } from 'zod';
import { type CallMeter, runMetered } from './call-meter.ts';
import { ModelError } from './model-error.ts';

/** A part of a message: text, or a picture as a `data:` URL. */
export type PromptPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' } };

export type PromptMessage = { role: 'system'; content: string } | { role: 'user'; content: string | PromptPart[] };

/** How the reply's shape is asked for; servers that refuse one get the next. */
export type ReplyFormat = 'json_schema' | 'json_object' | 'plain';
const formats: readonly ReplyFormat[] = ['json_schema', 'json_object', 'plain'];

export interface ModelClientOptions {
  /** OpenAI's own when absent. */
  baseURL?: string;
  /** Must not be empty, also for servers without keys. */
  apiKey: string;
  model: string;
  /** What the model is asked for, and a name for it. Replies are not checked against it here: a server may ignore it. */
  reply: { name: string; schema: z.ZodType };
  /** Of one HTTP request. */
  timeoutMs: number;
  /** Of one `withinBudget`, with all retries, waits and repairs. */
  budgetMs: number;
  /** Tries after the first, for rate limits, server faults and lost connections. */
  maxRetries: number;
  /** First wait between tries; it doubles. A server's Retry-After wins. */
  retryDelayMs: number;
  /** Calls of `withinBudget` in work at once; others wait for their turn. */
  concurrency: number;
  /** Longest reply that is asked for; the server's own limit when absent. Needed where replies cost money: without it nobody knows beforehand what a call can cost. */
  maxReplyTokens?: number;
}

export interface ModelClient {
  /**
   * Runs `work` within the budget; `work` asks as often as it needs. Throws ModelError, the signal's reason when `signal` is aborted, or what a meter threw as an AppError.
   */
  withinBudget<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** One reply as text. Steps down by itself when the server refuses a format; `build` then makes the messages anew. Every request passes the meter, retries too. */
  ask(build: (format: ReplyFormat) => PromptMessage[], signal: AbortSignal, meter?: CallMeter): Promise<string>;
}

/** Chat completions of any OpenAI-compatible server, with retries, a breaker that spares a dead server, and at most `concurrency` pieces of work at once. */
export function createModelClient(options: ModelClientOptions): ModelClient {
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    organization: null,
    project: null,
    logLevel: 'off',
  });
  // OpenAI's newer models take the one name, most other servers know the other alone.
  const limitName: LimitName = options.baseURL === undefined ? 'max_completion_tokens' : 'max_tokens';
  const state: Settings = { format: 0, sendTemperature: true, limitName, isOtherLimitRefused: false };
  const retries = retry(
    handleWhen((error) => isRetryable(error, options.budgetMs)),
    {
      maxAttempts: options.maxRetries,
      backoff: new DelegateBackoff((context) =>
        waitMs(context.attempt, 'error' in context.result ? context.result.error : null, options.retryDelayMs),
      ),
    },
  ).dangerouslyUnref();
  const breaker = circuitBreaker(handleWhen(isServerFault), { halfOpenAfter: 15_000, breaker: new ConsecutiveBreaker(8) });
  const requests = wrap(retries, breaker);
  // Waiting for a turn costs nothing of the budget: the last sheet of a class is not worse off than the first.
  const turns = bulkhead(options.concurrency, Number.POSITIVE_INFINITY);
  const budget = timeout(options.budgetMs, TimeoutStrategy.Aggressive);

  const request = async (messages: PromptMessage[], signal: AbortSignal, meter: CallMeter | undefined) => {
    signal.throwIfAborted();
    const body = {
      model: options.model,
      messages,
      ...(state.sendTemperature ? { temperature: 0 } : {}),
      ...(options.maxReplyTokens === undefined ? {} : { [state.limitName]: options.maxReplyTokens }),
      ...responseFormat(formats[state.format] ?? 'plain', options.reply),
    };
    return textOf(
      await runMetered(meter, { body, maxReplyTokens: options.maxReplyTokens }, () => client.chat.completions.create(body, { signal })),
    );
  };

  const ask: ModelClient['ask'] = async (build, signal, meter) => {
    for (;;) {
      const before = state.format;
      try {
        return await requests.execute(({ signal: inner }) => request(build(formats[before] ?? 'plain'), inner, meter), signal);
      } catch (error) {
        if (!stepDown(error, before, state)) throw error;
      }
    }
  };

  return {
    ask,
    withinBudget: async (work, signal) => {
      try {
        return await turns.execute(() => budget.execute((context) => work(context.signal), signal), signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw error instanceof AppError ? error : toModelError(error);
      }
    },
  };
}

function responseFormat(format: ReplyFormat, { name, schema }: ModelClientOptions['reply']): object {
  if (format === 'json_schema') return { response_format: zodResponseFormat(schema, name) };
  return format === 'json_object' ? { response_format: { type: 'json_object' as const } } : {};
}

type LimitName = 'max_tokens' | 'max_completion_tokens';

/** What is left out once a server has refused it. */
interface Settings {
  format: number;
  sendTemperature: boolean;
  limitName: LimitName;
  isOtherLimitRefused: boolean;
}

/** A refused format (400, 422) is not asked for again; so are the temperature and the name of the limit that some models refuse. False when there is nothing left to leave out. */
function stepDown(error: unknown, usedFormat: number, state: Settings): boolean {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return false;
  if (state.sendTemperature && error.param === 'temperature') {
    state.sendTemperature = false;
    return true;
  }
  if (error.param === state.limitName && !state.isOtherLimitRefused) {
    state.limitName = state.limitName === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    state.isOtherLimitRefused = true;
    return true;
  }
  if (usedFormat >= formats.length - 1) return false;
  state.format = Math.max(state.format, usedFormat + 1);
  return true;
}

function textOf(completion: OpenAI.Chat.Completions.ChatCompletion): string {
  const choice = completion.choices?.[0];
  if (!choice) throw new ModelError('empty');
  if (choice.message?.refusal) throw new ModelError('refusal');
  if (choice.finish_reason === 'content_filter') throw new ModelError('content-filter');
  if (choice.finish_reason === 'length') throw new ModelError('cut-off');
  return choice.message?.content ?? '';
}

function retryAfterMs(error: unknown): number | null {
  if (!(error instanceof APIError)) return null;
  const value = error.headers?.get('retry-after');
  if (!value) return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function isServerFault(error: unknown): boolean {
  if (error instanceof APIUserAbortError) return false;
  if (error instanceof APIConnectionError) return true;
  return error instanceof APIError && typeof error.status === 'number' && error.status >= 500;
}

function isRetryable(error: unknown, budgetMs: number): boolean {
  const isRateLimit = error instanceof APIError && (error.status === 429 || error.status === 408 || error.status === 409);
  if (!isRateLimit && !isServerFault(error)) return false;
  return (retryAfterMs(error) ?? 0) < budgetMs;
}

/** Retry-After when the server names it, else the doubled delay with up to a quarter of jitter. */
function waitMs(attempt: number, error: unknown, firstMs: number): number {
  return retryAfterMs(error) ?? Math.min(firstMs * 2 ** (attempt - 1), 20_000) * (1 + Math.random() / 4);
}

function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIError && typeof error.status === 'number') return new ModelError(`http-${error.status}`, error);
  if (error instanceof APIConnectionTimeoutError) return new ModelError('timeout', error);
  if (error instanceof APIConnectionError) return new ModelError('connection', error);
  const name = error instanceof Error ? error.constructor.name : typeof error;
  const kinds: Record<string, string> = { TaskCancelledError: 'timeout', BrokenCircuitError: 'server-down', SyntaxError: 'not-json' };
  return new ModelError(kinds[name] ?? 'unexpected', error);
}

import type { CallMeter } from './call-meter.ts';
import type { ModelClient, PromptMessage, ReplyFormat } from './model-client.ts';
import { ModelError } from './model-error.ts';

/** `problem` names what is wrong without repeating any of the reply (it may hold a student's text). */
export type ParsedReply<T> = { ok: true; value: T } | { ok: false; problem: string };

/**
 * One usable reply within the client's budget: asks once, and once more with the name of the fault when the reply could not be used, was cut off or empty.
 * Throws ModelError (`malformed` after a second unusable reply), or the signal's reason when it is aborted.
 */
export function askForReply<T>(
  client: ModelClient,
  question: {
    build: (format: ReplyFormat, problem: string | undefined) => PromptMessage[];
    parse: (content: string) => ParsedReply<T>;
    signal: AbortSignal | undefined;
    /** Counts every request, repairs too. */
    meter?: CallMeter | undefined;
  },
): Promise<T> {
  return client.withinBudget(async (signal) => {
    let problem: string | undefined;
    for (let attempt = 0; ; attempt++) {
      const reply = await tryAsk(client, (format) => question.build(format, problem), signal, question.meter);
      const parsed = reply instanceof ModelError ? null : question.parse(reply);
      if (parsed?.ok) return parsed.value;
      if (attempt > 0) throw reply instanceof ModelError ? reply : new ModelError('malformed');
      problem = parsed?.problem ?? 'it was cut off or empty; be brief';
    }
  }, question.signal);
}

/** The reply's text; the error when another try may help. */
async function tryAsk(
  client: ModelClient,
  build: (format: ReplyFormat) => PromptMessage[],
  signal: AbortSignal,
  meter: CallMeter | undefined,
): Promise<string | ModelError> {
  try {
    return await client.ask(build, signal, meter);
  } catch (error) {
    if (error instanceof ModelError && (error.kind === 'cut-off' || error.kind === 'empty')) return error;
    throw error;
  }
}

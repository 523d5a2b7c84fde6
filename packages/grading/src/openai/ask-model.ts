import { randomBytes } from 'node:crypto';
import type { Criterion, Question } from '@gradeflow/contracts';
import { askForReply, type ModelClient } from '@gradeflow/model-client';
import type { MappedText } from '../text/mapped-text.ts';
import type { GradeRequest } from '../types.ts';
import { recall } from './decision-memory.ts';
import { buildMessages } from './prompt.ts';
import { type ModelResponse, parseModelResponse } from './response.ts';
import { toVerdict, type Verdict } from './verdict.ts';

/** What a model says of one text. */
export interface Opinion {
  sent: MappedText;
  /** By id of the criterion, each with one sentence for the teacher. */
  verdicts: Map<string, { verdict: Verdict; reason: string }>;
  /** The model saw text that tries to steer it. */
  isSuspicious: boolean;
}

export interface Asking {
  /** With its exemplars as they may be sent. */
  question: Question;
  criteria: readonly Criterion[];
  request: GradeRequest;
}

const knownReason = 'Decided as before for the same words.';

/**
 * One call for all criteria of a text that nothing is known of yet; none when all is known. Decisions about a text in which the model saw instructions are not kept. Throws ModelError, the signal's reason,
 * or what meter and memory throw.
 */
export async function askModel(
  client: ModelClient,
  { model, nonce = () => randomBytes(8).toString('hex') }: { model: string; nonce?: (() => string) | undefined },
  asking: Asking,
  sent: MappedText,
): Promise<Opinion> {
  const { question, criteria, request } = asking;
  const context = request.model;
  const memory = context && (await recall(context.memory, { scope: context.scope, model, question, criteria, answer: sent.text }));
  const verdicts: Opinion['verdicts'] = new Map();
  for (const [id, verdict] of memory?.known ?? []) verdicts.set(id, { verdict, reason: knownReason });
  const open = criteria.filter(({ id }) => !verdicts.has(id));
  if (open.length === 0) return { sent, verdicts, isSuspicious: false };
  const response = await askForReply(client, {
    build: (format, problem) =>
      buildMessages({
        question,
        criteria: open,
        answer: sent.text,
        nonce: nonce(),
        withSchema: format !== 'json_schema',
        ...(problem === undefined ? {} : { problem }),
      }),
    parse: (content) => parseModelResponse(content, open.length),
    signal: request.signal,
    meter: context?.meter,
  });
  const fresh = new Map(open.map((criterion, index) => [criterion.id, replyOf(response, index + 1)]));
  const read = new Map([...fresh].map(([id, reply]) => [id, toVerdict(reply, sent)]));
  if (!response.suspectedInstructions) await memory?.remember(read);
  for (const [id, verdict] of read) verdicts.set(id, { verdict, reason: fresh.get(id)?.reasoning.slice(0, 600) ?? '' });
  return { sent, verdicts, isSuspicious: response.suspectedInstructions };
}

/** A parsed response has each number once. */
function replyOf(response: ModelResponse, number: number): ModelResponse['criteria'][number] {
  return response.criteria.find((reply) => reply.number === number) as ModelResponse['criteria'][number];
}

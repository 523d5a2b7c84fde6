import { createHash } from 'node:crypto';
import type { Criterion, Question } from '@gradeflow/contracts';
import type { PromptMessage } from '@gradeflow/model-client';
import { buildMessages } from './prompt.ts';
import { Verdict } from './verdict.ts';

/** Keeps what models decided. What it holds are places and decisions, no text. */
export interface DecisionMemory {
  /** Of these keys those that are known, with what was saved. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
  save(decisions: ReadonlyMap<string, object>): Promise<void>;
}

export interface Recalled {
  /** By id of the criterion. */
  known: Map<string, Verdict>;
  remember(fresh: ReadonlyMap<string, Verdict>): Promise<void>;
}

/**
 * What is known of these criteria of one text. The key of a decision is a hash of everything that decides it: the scope, the model, and the messages that would ask for this criterion alone, so
 * with the answer as it is sent also question, examples and every word of the prompt.
 */
export async function recall(
  memory: DecisionMemory,
  asked: { scope: string; model: string; question: Question; criteria: readonly Criterion[]; answer: string },
): Promise<Recalled> {
  const keys = new Map(asked.criteria.map((criterion) => [criterion.id, keyOf(asked, criterion)]));
  const found = await memory.find([...keys.values()]);
  const known = new Map<string, Verdict>();
  for (const [id, key] of keys) {
    const kept = Verdict.safeParse(found.get(key));
    if (kept.success) known.set(id, kept.data);
  }
  return {
    known,
    remember: (fresh) => memory.save(new Map([...fresh].map(([id, verdict]) => [keys.get(id) as string, verdict]))),
  };
}

function keyOf({ scope, model, question, answer }: Parameters<typeof recall>[1], criterion: Criterion): string {
  const messages: PromptMessage[] = buildMessages({ question, criteria: [criterion], answer, nonce: '', withSchema: true });
  return createHash('sha256')
    .update(JSON.stringify([scope, model, messages]))
    .digest('hex');
}

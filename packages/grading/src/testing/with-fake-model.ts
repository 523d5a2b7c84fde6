import { type ChatRequest, type FakeReply, startFakeOpenAi } from '@gradeflow/testing';
import { createOfflineGrader } from '../offline-grader.ts';
import { createOpenAiGrader, type OpenAiGraderOptions } from '../openai/openai-grader.ts';
import type { DecisionMemory, GradeRequest, Grader, ModelContext } from '../types.ts';
import { photosynthesis } from './questions.ts';

/** Of `photosynthesis`, worth all points. */
export const answer = 'Plants take in sunlight and carbon dioxide and produce glucose.';
export const decision = (number: number, evidence: string[], status = 'met', confidence = 0.95) => ({
  number,
  evidence,
  reasoning: 'r',
  status,
  confidence,
});
/** The reply of a model that decided so. */
export const content = (criteria: object[], suspectedInstructions = false): FakeReply => ({
  kind: 'content',
  content: JSON.stringify({ criteria, suspectedInstructions }),
});
export const allMet = content([decision(1, ['sunlight and carbon dioxide']), decision(2, ['glucose'])]);

export type Reply = (request: ChatRequest, count: number) => FakeReply;

/** A model grader over a fake server, closed in the end. */
export async function withFake<T>(
  reply: Reply,
  work: (grader: Grader, requests: ChatRequest[]) => Promise<T>,
  options: Partial<OpenAiGraderOptions> = {},
): Promise<T> {
  const fake = await startFakeOpenAi(reply);
  try {
    const grader = createOpenAiGrader({
      baseURL: fake.baseURL,
      apiKey: 'test',
      model: 'fake',
      fallback: createOfflineGrader(),
      timeoutMs: 2_000,
      retryDelayMs: 5,
      maxRetries: 2,
      ...options,
    });
    return await work(grader, fake.requests);
  } finally {
    await fake.close();
  }
}

/** One answer graded over a fake server, and what it was asked. */
export const gradeWith = (reply: Reply, request: Partial<GradeRequest> = {}, options: Partial<OpenAiGraderOptions> = {}) =>
  withFake(
    reply,
    async (grader, requests) => ({
      grade: await grader.grade({ question: photosynthesis, answer, reviewBelow: 0.8, ...request }),
      requests,
    }),
    options,
  );

/** The student's text as a request carries it: the JSON string between the two marks. */
export function sentAnswer(request: ChatRequest | undefined): string {
  return JSON.parse(request?.messages.at(-1)?.content.split('\n')[1] ?? '""');
}

/** A memory in memory. */
export function createMemory(): DecisionMemory & { kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>();
  return {
    kept,
    find: async (keys) =>
      new Map(keys.flatMap((key) => (kept.has(key) ? [[key, JSON.parse(JSON.stringify(kept.get(key)))] as const] : []))),
    save: async (decisions) => {
      for (const [key, decision] of decisions) kept.set(key, decision);
    },
  };
}

/** What a submission brings along: nobody to mask and a meter that lets everything pass, unless told otherwise. */
export function modelContext(changes: Partial<ModelContext> = {}): ModelContext {
  return { scope: 'a school', people: [], memory: createMemory(), meter: { reserve: async () => async () => {} }, ...changes };
}

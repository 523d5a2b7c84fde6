import { Writable } from 'node:stream';
import type { Question } from '@gradeflow/contracts';
import { createOfflineGrader, createOpenAiGrader, type OpenAiGraderOptions } from '@gradeflow/grading';
import { createLogger } from '@gradeflow/logger';
import { createRegistry } from '@gradeflow/telemetry';
import { type ChatRequest, type FakeReply, fakeUsage, startFakeOpenAi } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GradingTest, pageOf, question, startGradingTest, type Uploaded } from '../testing/grading-test.ts';
import { createModelContexts } from './model-context.ts';
import { createModelMetrics } from './model-metrics.ts';
import { costOf, type ModelPrices, readModelPrices } from './model-prices.ts';

let test: GradingTest;
const logged: string[] = [];
beforeAll(async () => {
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      logged.push(`${chunk}`);
      done();
    },
  });
  test = await startGradingTest(createLogger({ name: 'test', level: 'trace' }, sink));
});
afterAll(() => test.close());

const questions = (): Question[] => [
  question('1', 2, { type: 'keywords', groups: [{ anyOf: ['gravity'] }] }),
  question('2', 2, { type: 'keywords', groups: [{ anyOf: ['friction'] }] }),
];
const sheet = [pageOf(1, ['1. The apple falls because gravity pulls', '2. The sledge stops by friction'])];
const prices: ModelPrices = { input: 100, output: 1_000, currency: 'EUR', maxReplyTokens: 1_000 };
const aCall = costOf(prices, fakeUsage);

/** Quotes what the key looks for where it stands in the answer. */
function honest(request: ChatRequest): FakeReply {
  const text = request.messages.at(-1)?.content ?? '';
  const word = ['gravity', 'friction'].find((wanted) => text.includes(wanted));
  const found = {
    number: 1,
    evidence: word ? [word] : [],
    reasoning: `It says ${word}.`,
    status: word ? 'met' : 'notMet',
    confidence: 0.95,
  };
  return { kind: 'content', content: JSON.stringify({ criteria: [found], suspectedInstructions: false }) };
}

interface Graded {
  requests: ChatRequest[];
  registry: ReturnType<typeof createRegistry>;
}

/** Grades a sheet by a fake model, as the worker would. */
async function gradeBy(
  reply: (request: ChatRequest, count: number) => FakeReply,
  payload: Uploaded['payload'],
  options: { prices?: ModelPrices | null; grader?: Partial<OpenAiGraderOptions> } = {},
): Promise<Graded> {
  const fake = await startFakeOpenAi(reply);
  const registry = createRegistry('test');
  const { database } = test;
  const log = { warn: (details: object, message: string) => void logged.push(JSON.stringify({ ...details, message })) };
  try {
    const known = options.prices === undefined ? prices : options.prices;
    const modelContextOf = createModelContexts({ database, model: 'fake', prices: known, metrics: createModelMetrics(registry) });
    const limits = { timeoutMs: 300, budgetMs: 1_500, retryDelayMs: 5, maxRetries: 1, concurrency: 1 };
    const to = { baseURL: fake.baseURL, apiKey: 'k', model: 'fake', fallback: createOfflineGrader(), log };
    const grader = createOpenAiGrader({ ...to, ...limits, ...(known && { maxReplyTokens: known.maxReplyTokens }), ...options.grader });
    const result = await test.run(payload, { grader, modelContextOf });
    // All that the queue keeps of a job: no answer, no name.
    expect([Object.keys(payload).sort(), Object.keys(result).sort()]).toEqual([
      ['run', 'submissionId'],
      ['gradingId', 'status'],
    ]);
    return { requests: fake.requests, registry };
  } finally {
    await fake.close();
  }
}

const current = async (id: string) => {
  const grading = await test.database.gradings.findCurrent(id);
  if (!grading) throw new Error('not graded');
  return grading;
};

describe('a sheet graded by a model', () => {
  it('gets its marks with places, and what it took is counted for its run', async () => {
    const { id, payload } = await test.upload(sheet, { questions: questions() });
    const { requests, registry } = await gradeBy(honest, payload);
    expect(await current(id)).toMatchObject({ score: 4, grader: 'openai', questions: [{ needsReview: false }, { needsReview: false }] });
    expect((await current(id)).questions[0]?.criteria[0]?.evidence).toMatchObject([{ text: 'gravity', page: 1 }]);
    expect(requests).toHaveLength(2);
    expect(requests[0]?.max_tokens).toBe(1_000);
    expect(await test.database.modelSpending.listUsage(id)).toEqual([
      { submissionId: id, run: 1, model: 'fake', calls: 2, promptTokens: 2_000, completionTokens: 200, cost: 2 * aCall, currency: 'EUR' },
    ]);
    const figures = await registry.metrics();
    for (const line of [
      /model_calls_total\{.*outcome="answered".*\} 2/,
      /model_tokens_total\{.*kind="prompt".*\} 2000/,
      /model_cost_total\{.*EUR.*\} 0\.4/,
    ])
      expect(figures).toMatch(line);
  });

  it('costs nothing more when the same words come again in another run, nor after other points', async () => {
    const list = questions();
    const { id, payload, school } = await test.upload(sheet, { questions: list });
    await gradeBy(honest, payload);
    const { assessments, submissions } = test.database;
    const again = async (edited: Question[]) => {
      await assessments.saveQuestions(school.assessment.id, edited, school.people.teacher);
      const next = await submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
      return (await gradeBy(honest, { submissionId: id, run: next?.run ?? 0 })).requests.length;
    };
    const worth = (points: number, description = 'It is right.') =>
      list.map((one) => ({
        ...one,
        maxScore: points,
        rubric: one.rubric && { ...one.rubric, criteria: one.rubric.criteria.map((criterion) => ({ ...criterion, points, description })) },
      }));
    expect(await again(worth(3))).toBe(0);
    expect(await current(id)).toMatchObject({ score: 6, grader: 'openai' });
    expect(await again(worth(3, 'It names the cause.'))).toBe(2);
    expect(await again(worth(3))).toBe(0);
    expect((await test.database.modelSpending.listUsage(id)).map(({ run, calls }) => [run, calls])).toEqual([
      [3, 2],
      [1, 2],
    ]);
  });

  it('is counted without prices too: tokens, and no cost', async () => {
    const { id, payload } = await test.upload(sheet, { questions: questions() });
    const { requests } = await gradeBy(honest, payload, { prices: null });
    expect(requests[0]).not.toHaveProperty('max_tokens');
    expect(await test.database.modelSpending.listUsage(id)).toMatchObject([{ calls: 2, promptTokens: 2_000, cost: null, currency: null }]);
  });

  it('works with a server that knows json_object alone', async () => {
    const { id, payload } = await test.upload(sheet, { questions: questions() });
    const { requests } = await gradeBy(
      (request) =>
        request.response_format?.type === 'json_schema' ? { kind: 'error', status: 400, param: 'response_format' } : honest(request),
      payload,
    );
    expect(await current(id)).toMatchObject({ score: 4, grader: 'openai', questions: [{ reviewReasons: [] }, { reviewReasons: [] }] });
    expect(requests.map((request) => request.response_format?.type)).toEqual(['json_schema', 'json_object', 'json_object']);
  });
});

describe('a model that fails', () => {
  const faults: Array<[string, FakeReply, string]> = [
    ['never answers', { kind: 'hang' }, 'timeout|connection'],
    ['is busy without an end', { kind: 'error', status: 429, retryAfterSeconds: 1 }, 'http-429|timeout'],
    ['is busy for longer than anybody waits', { kind: 'error', status: 429, retryAfterSeconds: 600 }, 'http-429'],
    ['answers no JSON', { kind: 'content', content: 'gravity, I think' }, 'malformed'],
    ['answers what is no HTTP body', { kind: 'not-json' }, 'not-json'],
    ['refuses', { kind: 'refusal' }, 'refusal'],
    ['is cut off', { kind: 'content', content: '{"criteria": [{"nu', finishReason: 'length' }, 'cut-off'],
    ['has no choices', { kind: 'empty-choices' }, 'empty'],
    ['breaks', { kind: 'error', status: 500 }, 'http-500'],
  ];
  it.each(faults)('because it %s leaves the built-in grade, for a person, with the reason', async (_name, reply, fault) => {
    const { id, payload } = await test.upload(sheet, { questions: questions() });
    await gradeBy(() => reply, payload);
    const { score, questions: results } = await current(id);
    expect(score).toBe(4);
    for (const result of results) {
      expect(result).toMatchObject({ score: 2, needsReview: true, reviewReasons: ['MODEL_FAILED'] });
      expect(result.modelFault).toMatch(new RegExp(`^(${fault})$`));
    }
    expect(await test.database.submissions.find(id)).toMatchObject({ status: 'NEEDS_REVIEW', waitingCause: 'REVIEW' });
  });

  it('for a moment is asked again, as late as it wishes', async () => {
    const { id, payload } = await test.upload(sheet, { questions: questions() });
    const busy: FakeReply = { kind: 'error', status: 429, retryAfterSeconds: 1 };
    const started = performance.now();
    const { requests } = await gradeBy((request, count) => (count === 0 ? busy : honest(request)), payload);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(requests).toHaveLength(3);
    expect(await current(id)).toMatchObject({ score: 4, questions: [{ needsReview: false }, { needsReview: false }] });
  });
});

describe('a spending cap', () => {
  const capped = async (amount: number, currency = 'EUR') => {
    const uploaded = await test.upload(sheet, { questions: questions() });
    const { institutionId, people } = uploaded.school;
    await test.database.institutions.update(institutionId, { modelBudget: { amount, currency } }, people.admin);
    return { ...uploaded, institutionId };
  };
  const faultsOf = async (id: string) => (await current(id)).questions.map(({ modelFault }) => modelFault);

  it('that is reached on the way leaves the rest to the built-in grader, and never costs more', async () => {
    // Room for what one call may cost at most, not for a second one after it.
    const { id, payload, institutionId } = await capped(2);
    const usage = { promptTokens: 1_000, completionTokens: 900 };
    await gradeBy((request) => ({ ...honest(request), usage }) as FakeReply, payload);
    expect(await current(id)).toMatchObject({ score: 4 });
    // Which of the two comes first is nobody's concern.
    const refused = (await current(id)).questions.filter(({ modelFault }) => modelFault !== undefined);
    expect(refused).toEqual([
      expect.objectContaining({ modelFault: 'budget-reached', needsReview: true, reviewReasons: ['MODEL_FAILED'] }),
    ]);
    expect(refused[0]?.feedback).toContain('spending cap for models is reached');
    expect(await test.database.modelSpending.findSpent(institutionId)).toBe(1);
  });

  it('counts what broke off as all that it may have cost', async () => {
    const { payload, institutionId } = await capped(100);
    await gradeBy(() => ({ kind: 'hang' }), payload, { grader: { maxRetries: 0 } });
    expect(await test.database.modelSpending.findSpent(institutionId)).toBeGreaterThan(
      2 * costOf(prices, { promptTokens: 0, completionTokens: 1_000 }),
    );
  });

  it('that cannot be kept lets nothing pass', async () => {
    const unpriced = await capped(100);
    expect((await gradeBy(honest, unpriced.payload, { prices: null })).requests).toEqual([]);
    expect(await faultsOf(unpriced.id)).toEqual(['price-unknown', 'price-unknown']);
    const foreign = await capped(100, 'USD');
    expect((await gradeBy(honest, foreign.payload)).requests).toEqual([]);
    expect(await faultsOf(foreign.id)).toEqual(['budget-currency', 'budget-currency']);
  });
});

describe('whoever the sheet belongs to', () => {
  it('stays unknown to the model: students of the course and what the sheet is called', async () => {
    const pages = [pageOf(1, ['1. Sam Student, Quist 88123 and sam.student@example.org say gravity pulls', '2. STUDENT, sam: friction'])];
    const { id, payload } = await test.upload(pages, { questions: questions(), label: 'Quist 88123' });
    const { requests } = await gradeBy(honest, payload);
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(requests)).not.toMatch(/\bsam\b|quist|88123|@example/i);
    expect((await current(id)).questions.map(({ answerText }) => answerText).join()).toContain('Sam Student');
    expect((await current(id)).questions[0]?.criteria[0]?.evidence).toMatchObject([{ text: 'gravity' }]);
  });

  it('and what is written stays out of logs, whatever happens', () => {
    expect(logged.length).toBeGreaterThan(20);
    expect(logged.join('\n')).toContain('the model failed');
    expect(logged.join('\n')).not.toMatch(/apple|gravity|friction|sledge|quist|88123|student@|Sam Student/i);
  });
});

describe('prices', () => {
  const rest = { OPENAI_PRICE_CURRENCY: 'EUR', OPENAI_MAX_REPLY_TOKENS: 500 };
  it('are both there or none', () => {
    expect(readModelPrices({ ...rest, OPENAI_PRICE_INPUT: undefined, OPENAI_PRICE_OUTPUT: undefined })).toBeNull();
    expect(readModelPrices({ ...rest, OPENAI_PRICE_INPUT: 0.15, OPENAI_PRICE_OUTPUT: 0 })).toMatchObject({
      input: 0.15,
      output: 0,
      maxReplyTokens: 500,
    });
    expect(() => readModelPrices({ ...rest, OPENAI_PRICE_INPUT: 1, OPENAI_PRICE_OUTPUT: undefined })).toThrow(/belong together/);
  });
});

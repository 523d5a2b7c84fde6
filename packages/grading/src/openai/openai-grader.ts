import type { Criterion, Question, ReviewReason, Rubric } from '@gradeflow/contracts';
import { createModelClient, ModelError } from '@gradeflow/model-client';
import { findDoubtedPlaces } from '../gates/doubted-places.ts';
import { isBlank } from '../offline-grader.ts';
import type { GradeRequest, Grader, QuestionGrade } from '../types.ts';
import { type Asking, askModel, type Opinion } from './ask-model.ts';
import { combine } from './combine.ts';
import { ModelResponse } from './response.ts';
import { createPrepareText, hasWords } from './sent-text.ts';
import { nothingThere } from './verdict.ts';

/** The part of a logger that is used; codes and ids only are written, never text. */
export interface ModelLog {
  warn(details: object, message: string): void;
}

export interface OpenAiGraderOptions {
  /** OpenAI's own when absent. */
  baseURL?: string;
  /** Must not be empty, also for servers without keys. */
  apiKey: string;
  model: string;
  /** Decides exact keys, gives the second opinion, and grades when the model cannot. */
  fallback: Grader;
  /** Of one HTTP request; 60 s. */
  timeoutMs?: number;
  /** Of one answer with all retries, waits and repairs; 180 s. */
  budgetMs?: number;
  /** 3. */
  maxRetries?: number;
  /** 500 ms. */
  retryDelayMs?: number;
  /** Answers in work at once; 4. */
  concurrency?: number;
  /** Longest reply that is asked for; the server's own limit when absent. */
  maxReplyTokens?: number;
  log?: ModelLog;
  /** Marks the student's text in the prompt; random unless given. */
  nonce?: () => string;
}

/** Criteria whose key is exact are decided by rule, and a person's are left to people: no model is asked about them. */
function needsModel(criterion: Criterion): boolean {
  return criterion.match.some((match) => match.type === 'keywords' || match.type === 'meaning');
}

/** Stands in for the rubric of a question that has only model answers. */
function rubricFromModelAnswers(question: Question): Rubric {
  const criterion: Criterion = {
    id: 'model-answer',
    description: 'The answer says what the model answer says.',
    points: question.maxScore,
    partial: 'proportional',
    group: null,
    requires: [],
    excludes: [],
    match: [{ type: 'manual' }],
  };
  return { scoring: 'positive', step: question.maxScore / 4, floor: 0, criteria: [criterion], groups: [] };
}

/**
 * Grades with a language model behind `/v1/chat/completions`. The model decides each criterion and quotes; quotes are looked up in the answer, points are summed
 * by `scoreCriteria`. What addresses the grader or has nothing to do with the question is taken out and the model asked again: the lower mark counts, and a difference goes to a person. When the model
 * fails for good, or may cost no more, the fallback's grade comes back with MODEL_FAILED and review. Throws only the reason of `request.signal` and what the meter and the memory of `request.model`
 * throw.
 */
export function createOpenAiGrader(options: OpenAiGraderOptions): Grader {
  const { fallback, log, model, nonce } = options;
  const client = createModelClient({
    apiKey: options.apiKey,
    model,
    reply: { name: 'grading', schema: ModelResponse },
    timeoutMs: options.timeoutMs ?? 60_000,
    budgetMs: options.budgetMs ?? 180_000,
    maxRetries: options.maxRetries ?? 3,
    retryDelayMs: options.retryDelayMs ?? 500,
    concurrency: options.concurrency ?? 4,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
    ...(options.maxReplyTokens === undefined ? {} : { maxReplyTokens: options.maxReplyTokens }),
  });

  /** The answer as it is, and again without what is doubted in it. */
  const opinionsOn = async (asking: Asking, doubted: ReturnType<typeof findDoubtedPlaces>): Promise<[Opinion, ...Opinion[]]> => {
    const { question, criteria, request } = asking;
    const prepare = createPrepareText(question, request.model?.people ?? []);
    const exemplars = question.exemplars.map((exemplar) => ({ ...exemplar, answer: prepare(exemplar.answer).text }));
    const fit = { ...asking, question: { ...question, exemplars } };
    const first = await askModel(client, { model, nonce }, fit, prepare(request.answer));
    if (doubted.places.length === 0 || givesNothing(question, first)) return [first];
    const rest = prepare(request.answer, doubted.places);
    const nothing = { verdict: nothingThere, reason: 'Nothing of the answer is about the question.' };
    if (!hasWords(rest)) return [first, { sent: rest, verdicts: new Map(criteria.map(({ id }) => [id, nothing])), isSuspicious: false }];
    return [first, await askModel(client, { model, nonce }, fit, rest)];
  };

  const grade = async (request: GradeRequest): Promise<QuestionGrade> => {
    const { question, answer } = request;
    request.signal?.throwIfAborted();
    const offline = await fallback.grade(request);
    const hasRubric = question.rubric !== null && question.rubric.criteria.length > 0;
    if (!hasRubric && question.modelAnswers.length === 0) return offline;
    const rubric = hasRubric && question.rubric ? question.rubric : rubricFromModelAnswers(question);
    const asked = hasRubric ? rubric.criteria.filter(needsModel) : rubric.criteria;
    if (asked.length === 0 || isBlank(answer)) return offline;
    const doubted = findDoubtedPlaces(question, answer);
    let opinions: [Opinion, ...Opinion[]];
    try {
      opinions = await opinionsOn({ question, criteria: asked, request }, doubted);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      log?.warn({ kind: error.kind, questionId: question.id, model }, 'the model failed, the built-in grader decided');
      return { ...withReason(offline, 'MODEL_FAILED', wordsFor(error.kind)), modelFault: error.kind };
    }
    // What is left still speaks to it, and nobody knows where.
    if (opinions.at(-1)?.isSuspicious) return withReason(offline, 'INJECTION_SUSPECTED', 'The model saw text that addresses the grader.');
    const isTalk = doubted.kind !== 'foreign' || opinions[0].isSuspicious;
    return combine({ request, rubric, asked, offline }, opinions, isTalk ? 'INJECTION_SUSPECTED' : 'OFF_TOPIC');
  };
  return { kind: 'openai', grade };
}

/** Then there is nothing that a second opinion could take away. */
function givesNothing({ rubric }: Question, { verdicts }: Opinion): boolean {
  const isPositive = ({ verdict }: { verdict: { status: string } }) => verdict.status === 'met' || verdict.status === 'partial';
  return rubric?.scoring !== 'negative' && ![...verdicts.values()].some(isPositive);
}

const faultWords: Record<string, string> = {
  'budget-reached': 'The spending cap for models is reached; the built-in grader decided.',
  'budget-currency': 'The spending cap for models is in another currency than their prices; the built-in grader decided.',
  'price-unknown': 'There is a spending cap for models, but their prices are not configured; the built-in grader decided.',
};

function wordsFor(fault: string): string {
  return faultWords[fault] ?? 'The model could not be asked; the built-in grader decided.';
}

function withReason(grade: QuestionGrade, reason: ReviewReason, note: string): QuestionGrade {
  const reviewReasons = [...new Set([...grade.reviewReasons, reason])];
  return { ...grade, needsReview: true, reviewReasons, feedback: [note, grade.feedback].filter(Boolean).join('\n') };
}

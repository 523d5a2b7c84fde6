import { randomBytes } from 'node:crypto';
import type { Criterion, Question, ReviewReason, Rubric } from '@gradeflow/contracts';
import { askForReply, createModelClient, ModelError } from '@gradeflow/model-client';
import { finishGrade } from '../finish-grade.ts';
import { findInstructions } from '../gates/injection.ts';
import { isKeywordList } from '../gates/on-topic.ts';
import { isBlank } from '../offline-grader.ts';
import { scoreCriteria } from '../scoring.ts';
import { maxGradedCharacters, prepareAnswer } from '../text/answer-text.ts';
import type { CriterionDecision, GradeRequest, Grader, QuestionGrade } from '../types.ts';
import { judgeReply } from './judge-reply.ts';
import { buildMessages } from './prompt.ts';
import { ModelResponse, parseModelResponse } from './response.ts';

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
 * by `scoreCriteria`. Answers that address the grader get no model mark. When the model fails for good the fallback's grade comes back with MODEL_FAILED and
 * review. Throws only the reason of `request.signal`.
 */
export function createOpenAiGrader(options: OpenAiGraderOptions): Grader {
  const { fallback, log } = options;
  const nonce = options.nonce ?? (() => randomBytes(8).toString('hex'));
  const client = createModelClient({
    apiKey: options.apiKey,
    model: options.model,
    reply: { name: 'grading', schema: ModelResponse },
    timeoutMs: options.timeoutMs ?? 60_000,
    budgetMs: options.budgetMs ?? 180_000,
    maxRetries: options.maxRetries ?? 3,
    retryDelayMs: options.retryDelayMs ?? 500,
    concurrency: options.concurrency ?? 4,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
  });

  const askModel = ({ question, answer, signal }: GradeRequest, criteria: readonly Criterion[]): Promise<ModelResponse> =>
    askForReply(client, {
      build: (format, problem) =>
        buildMessages({
          question,
          criteria,
          answer,
          nonce: nonce(),
          withSchema: format !== 'json_schema',
          ...(problem === undefined ? {} : { problem }),
        }),
      parse: (content) => parseModelResponse(content, criteria.length),
      signal,
    });

  const grade = async (request: GradeRequest): Promise<QuestionGrade> => {
    const { question, answer } = request;
    request.signal?.throwIfAborted();
    const offline = await fallback.grade(request);
    const hasRubric = question.rubric !== null && question.rubric.criteria.length > 0;
    if (!hasRubric && question.modelAnswers.length === 0) return offline;
    const rubric = hasRubric && question.rubric ? question.rubric : rubricFromModelAnswers(question);
    const criteria = hasRubric ? rubric.criteria.filter(needsModel) : rubric.criteria;
    const isAddressed = offline.reviewReasons.includes('INJECTION_SUSPECTED') || findInstructions(answer).length > 0;
    if (criteria.length === 0 || isBlank(answer) || isAddressed) return offline;
    let response: ModelResponse;
    try {
      response = await askModel(request, criteria);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      log?.warn({ kind: error.kind, questionId: question.id, model: options.model }, 'the model failed, the built-in grader decided');
      return withReason(offline, 'MODEL_FAILED', 'The model could not be asked; the built-in grader decided.');
    }
    if (response.suspectedInstructions) return withReason(offline, 'INJECTION_SUSPECTED', 'The model saw text that addresses the grader.');
    return combine(request, rubric, criteria, response, offline);
  };
  return { kind: 'openai', grade };
}

function withReason(grade: QuestionGrade, reason: ReviewReason, note: string): QuestionGrade {
  const reviewReasons = [...new Set([...grade.reviewReasons, reason])];
  return { ...grade, needsReview: true, reviewReasons, feedback: [note, grade.feedback].filter(Boolean).join('\n') };
}

/** The model's decisions where it was asked, the rules' elsewhere; points by `scoreCriteria`. */
function combine(
  request: GradeRequest,
  rubric: Rubric,
  asked: readonly Criterion[],
  response: ModelResponse,
  offline: QuestionGrade,
): QuestionGrade {
  const { question, answer } = request;
  const judged = new Map(
    asked.map((criterion, index) => {
      const reply = response.criteria.find(({ number }) => number === index + 1) as ModelResponse['criteria'][number];
      return [criterion.id, judgeReply(criterion, reply, request)];
    }),
  );
  const reasons = new Set<ReviewReason>([...judged.values()].flatMap(({ reviewReasons }) => reviewReasons));
  for (const reason of offline.reviewReasons) if (reason === 'OCR_UNCERTAIN' || reason === 'OFF_TOPIC') reasons.add(reason);
  if (isKeywordList(prepareAnswer(answer, question.lang))) reasons.add('KEYWORD_LIST');
  const byRule = new Map(offline.criteria.map((decision) => [decision.criterionId, decision]));
  const decisions = rubric.criteria.map(({ id }) => judged.get(id)?.decision ?? (byRule.get(id) as CriterionDecision));
  const scored = scoreCriteria(rubric, decisions, question.maxScore);
  const criteria = decisions.map((decision) => ({ ...decision, points: scored.points.get(decision.criterionId) ?? 0 }));
  if (answer.length > maxGradedCharacters) reasons.add('LOW_CONFIDENCE');
  const confidence = Math.min(...criteria.map((decision) => decision.confidence));
  const isComparable = question.rubric !== null && offline.criteria.every(({ decision }) => decision !== 'UNCLEAR');
  if (isComparable && Math.abs(offline.score - scored.score) > rubric.step + 1e-9) reasons.add('LOW_CONFIDENCE');
  return finishGrade(request, { score: scored.score, criteria, confidence, reasons, notes: [], grader: 'openai' });
}

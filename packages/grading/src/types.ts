import type { Decision, GraderKind, Question, ReviewReason } from '@gradeflow/contracts';
import type { CallMeter } from '@gradeflow/model-client';
import type { KnownPerson } from './identity/known-people.ts';
import type { DecisionMemory } from './openai/decision-memory.ts';

export type { KnownPerson } from './identity/known-people.ts';
export type { DecisionMemory } from './openai/decision-memory.ts';

/** A place in the answer, counted in UTF-16 code units of the answer as given; `quote` is exactly that slice. */
export interface Span {
  start: number;
  end: number;
  quote: string;
}

export interface GradeRequest {
  question: Question;
  answer: string;
  /** 0–1 for words of the answer that the reading was unsure of, by place; none for typed text. */
  uncertainWords?: Array<{ start: number; end: number; confidence: number }>;
  /** Questions with less confidence are marked for review. */
  reviewBelow: number;
  /** What a grader with a model may use and must keep to; the built-in one has no use for it. */
  model?: ModelContext;
  signal?: AbortSignal;
}

/** What belongs to the submission and not to the grader. */
export interface ModelContext {
  /** Decisions of one scope are never used in another: the institution. */
  scope: string;
  /** Masked in everything that the model receives. */
  people: readonly KnownPerson[];
  /** Counts every request and may refuse it. */
  meter: CallMeter;
  /** What was decided before about the same text. */
  memory: DecisionMemory;
}

export interface CriterionDecision {
  criterionId: string;
  decision: Decision;
  /** 0–1 of the criterion's points. */
  fraction: number;
  points: number;
  confidence: number;
  /** Empty for NOT_MET; never empty for MET and PARTIAL. */
  evidence: Span[];
  /** One sentence for the teacher. */
  reason: string;
}

export interface QuestionGrade {
  score: number;
  maxScore: number;
  confidence: number;
  needsReview: boolean;
  reviewReasons: ReviewReason[];
  criteria: CriterionDecision[];
  feedback: string;
  grader: Exclude<GraderKind, 'human'>;
  /** Why no model graded it, beside MODEL_FAILED: `budget-reached`, `timeout`, `http-429`, `refusal`, … */
  modelFault?: string;
}

/** Turns one answer into decisions. Never throws for what a student wrote; model faults end as MODEL_FAILED and review. */
export interface Grader {
  readonly kind: Exclude<GraderKind, 'human'>;
  grade(request: GradeRequest): Promise<QuestionGrade>;
}

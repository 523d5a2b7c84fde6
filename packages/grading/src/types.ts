import type { Decision, GraderKind, Question, ReviewReason } from '@gradeflow/contracts';

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
  signal?: AbortSignal;
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
}

/** Turns one answer into decisions. Never throws for what a student wrote; model faults end as MODEL_FAILED and review. */
export interface Grader {
  readonly kind: Exclude<GraderKind, 'human'>;
  grade(request: GradeRequest): Promise<QuestionGrade>;
}

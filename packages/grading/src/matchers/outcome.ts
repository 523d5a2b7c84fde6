import type { Decision, ReviewReason } from '@gradeflow/contracts';
import type { Span } from '../types.ts';

/** What one matcher says about one criterion. */
export interface Outcome {
  decision: Decision;
  /** 0–1 of the criterion's points; 0 for NOT_MET and UNCLEAR. */
  fraction: number;
  /** 0–1: how sure the matcher is of this decision. */
  confidence: number;
  /** Places that show it; empty for NOT_MET. */
  evidence: Span[];
  /** One sentence for the teacher. */
  reason: string;
  /** Places of a wrong answer that decided NOT_MET: doubt about their reading is doubt about the decision. */
  decidedBy?: Span[];
  /** Key words that were looked for and not found. */
  missing?: string[];
  reviewReasons?: ReviewReason[];
}

/** NOT_MET, with the place of a wrong answer when there is one. */
export function notMet(
  reason: string,
  confidence: number,
  details: Pick<Outcome, 'decidedBy' | 'missing' | 'reviewReasons'> = {},
): Outcome {
  return { decision: 'NOT_MET', fraction: 0, confidence, evidence: [], reason, ...details };
}

/** A person has to look; it counts nothing meanwhile. */
export function unclear(reason: string, details: { evidence?: Span[]; reviewReasons?: ReviewReason[]; confidence?: number } = {}): Outcome {
  const { evidence = [], confidence = 0.2, reviewReasons = [] } = details;
  return { decision: 'UNCLEAR', fraction: 0, confidence, evidence, reason, reviewReasons };
}

/** MET, PARTIAL or NOT_MET by the fraction; without a place in the answer there is no MET and no PARTIAL. */
export function graded(
  fraction: number,
  evidence: Span[],
  confidence: number,
  reason: string,
  reviewReasons: ReviewReason[] = [],
): Outcome {
  if (fraction <= 0) return notMet(reason, confidence, { decidedBy: evidence, reviewReasons });
  if (evidence.length === 0) return unclear('No place in the answer shows it.', { reviewReasons: ['EVIDENCE_NOT_FOUND'] });
  return { decision: fraction >= 1 ? 'MET' : 'PARTIAL', fraction: Math.min(1, fraction), confidence, evidence, reason, reviewReasons };
}

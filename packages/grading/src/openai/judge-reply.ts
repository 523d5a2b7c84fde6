import type { Criterion, ReviewReason } from '@gradeflow/contracts';
import type { CriterionDecision, GradeRequest, Span } from '../types.ts';
import { findQuote } from './quotes.ts';
import type { ModelResponse } from './response.ts';

export interface JudgedReply {
  decision: CriterionDecision;
  reviewReasons: ReviewReason[];
}

/** Models are rarely as sure as they say. */
const mostConfidence = 0.97;

/**
 * Turns the model's word on one criterion into a decision: MET and PARTIAL only with a quote that stands in the answer, else UNCLEAR with EVIDENCE_NOT_FOUND. PARTIAL
 * counts half; where the criterion is all or nothing it is NOT_MET with low confidence. Evidence on doubtfully read words: OCR_UNCERTAIN.
 */
export function judgeReply(criterion: Criterion, reply: ModelResponse['criteria'][number], request: GradeRequest): JudgedReply {
  const found = reply.evidence.map((quote) => findQuote(request.answer, quote));
  const evidence = uniqueSpans(found.filter((span) => span !== null));
  const reviewReasons = new Set<ReviewReason>();
  const confidence = Math.min(reply.confidence, mostConfidence);
  const reason = reply.reasoning.slice(0, 600);
  const decide = (fields: Partial<CriterionDecision>): JudgedReply => ({
    decision: { criterionId: criterion.id, decision: 'NOT_MET', fraction: 0, points: 0, confidence, evidence: [], reason, ...fields },
    reviewReasons: [...reviewReasons],
  });
  if (reply.status === 'notMet') return decide({});
  if (reply.status === 'unclear') return decide({ decision: 'UNCLEAR', confidence: Math.min(confidence, 0.3), evidence });
  if (found.length > evidence.length && found.some((span) => span === null)) reviewReasons.add('EVIDENCE_NOT_FOUND');
  if (evidence.length === 0) {
    reviewReasons.add('EVIDENCE_NOT_FOUND');
    return decide({
      decision: 'UNCLEAR',
      confidence: Math.min(confidence, 0.3),
      reason: 'The words that the model quotes are not in the answer.',
    });
  }
  const doubtful = (request.uncertainWords ?? []).filter((word) => evidence.some((span) => span.start < word.end && word.start < span.end));
  if (doubtful.some((word) => word.confidence < 0.5)) reviewReasons.add('OCR_UNCERTAIN');
  if (reply.status === 'met') return decide({ decision: 'MET', fraction: 1, evidence });
  if (criterion.partial === 'none') return decide({ confidence: Math.min(confidence, 0.5) });
  return decide({ decision: 'PARTIAL', fraction: 0.5, evidence });
}

function uniqueSpans(spans: Span[]): Span[] {
  return spans.filter((span, index) => spans.findIndex((other) => other.start === span.start && other.end === span.end) === index);
}

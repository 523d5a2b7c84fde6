import type { Criterion, ReviewReason } from '@gradeflow/contracts';
import { z } from 'zod';
import type { MappedText } from '../text/mapped-text.ts';
import { spanOf } from '../text/normalise.ts';
import type { CriterionDecision, GradeRequest, Span } from '../types.ts';
import { findQuote } from './quotes.ts';
import type { ModelResponse } from './response.ts';

/** Models are rarely as sure as they say. */
const mostConfidence = 0.97;

/** What a model said of one criterion of one text, as it may be kept: places and no words. */
export const Verdict = z.object({
  status: z.enum(['met', 'partial', 'notMet', 'unclear']),
  /** 0–1, as the model says. */
  confidence: z.number().min(0).max(1),
  /** `[start, end)` in the text as it was sent. */
  places: z.array(z.tuple([z.number().int().nonnegative(), z.number().int().positive()])),
  /** Something was quoted that is not in the text. */
  isQuoteMissing: z.boolean(),
});
export type Verdict = z.infer<typeof Verdict>;

export interface JudgedVerdict {
  decision: CriterionDecision;
  reviewReasons: ReviewReason[];
}

/** Looks the model's quotes up in the text that it was sent. */
export function toVerdict(reply: ModelResponse['criteria'][number], sent: MappedText): Verdict {
  const found = reply.evidence.map((quote) => findQuote(sent.text, quote));
  const spans = uniqueSpans(found.filter((span) => span !== null));
  return {
    status: reply.status,
    confidence: reply.confidence,
    places: spans.map(({ start, end }) => [start, end]),
    isQuoteMissing: found.some((span) => span === null),
  };
}

/** Of a text without words: nothing is met. */
export const nothingThere: Verdict = { status: 'notMet', confidence: 1, places: [], isQuoteMissing: false };

/**
 * Turns the model's word on one criterion into a decision: MET and PARTIAL only with a quote that stands in the answer, else UNCLEAR with EVIDENCE_NOT_FOUND. PARTIAL
 * counts half; where the criterion is all or nothing it is NOT_MET with low confidence. Evidence on doubtfully read words: OCR_UNCERTAIN. Places are those of the answer as given, whatever was
 * masked in what was sent.
 */
export function judgeVerdict(
  criterion: Criterion,
  verdict: Verdict,
  { request, sent, reason }: { request: GradeRequest; sent: MappedText; reason: string },
): JudgedVerdict {
  const evidence = verdict.places.map(([start, end]) => spanOf(sent, start, end));
  const reviewReasons = new Set<ReviewReason>();
  const confidence = Math.min(verdict.confidence, mostConfidence);
  const decide = (fields: Partial<CriterionDecision>): JudgedVerdict => ({
    decision: { criterionId: criterion.id, decision: 'NOT_MET', fraction: 0, points: 0, confidence, evidence: [], reason, ...fields },
    reviewReasons: [...reviewReasons],
  });
  if (verdict.status === 'notMet') return decide({});
  if (verdict.status === 'unclear') return decide({ decision: 'UNCLEAR', confidence: Math.min(confidence, 0.3), evidence });
  if (verdict.isQuoteMissing || evidence.length === 0) reviewReasons.add('EVIDENCE_NOT_FOUND');
  if (evidence.length === 0) {
    const missing = 'The words that the model quotes are not in the answer.';
    return decide({ decision: 'UNCLEAR', confidence: Math.min(confidence, 0.3), reason: missing });
  }
  const doubtful = (request.uncertainWords ?? []).filter((word) => evidence.some((span) => span.start < word.end && word.start < span.end));
  if (doubtful.some((word) => word.confidence < 0.5)) reviewReasons.add('OCR_UNCERTAIN');
  if (verdict.status === 'met') return decide({ decision: 'MET', fraction: 1, evidence });
  if (criterion.partial === 'none') return decide({ confidence: Math.min(confidence, 0.5) });
  return decide({ decision: 'PARTIAL', fraction: 0.5, evidence });
}

function uniqueSpans(spans: Span[]): Span[] {
  return spans.filter((span, index) => spans.findIndex((other) => other.start === span.start && other.end === span.end) === index);
}

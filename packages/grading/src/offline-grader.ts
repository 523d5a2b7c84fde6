import type { Criterion, Question, ReviewReason, Rubric } from '@gradeflow/contracts';
import { calibratedConfidence } from './confidence.ts';
import { weighBySupport } from './criterion-support.ts';
import type { ExemplarModel } from './exemplar-model.ts';
import { shiftByExemplars } from './exemplar-shift.ts';
import { finishGrade } from './finish-grade.ts';
import { findInstructions } from './gates/injection.ts';
import { isKeywordList, isOffTopic, type Relevant, relevantPart, sharesNothing, topicWords, unrelatedPlaces } from './gates/on-topic.ts';
import { decideCriterion, isFreeText } from './matchers/decide-criterion.ts';
import { type Outcome, unclear } from './matchers/outcome.ts';
import { besideQuestion, bestCoverage, exemplarModelOf, stepOfExemplars, suggestFraction, writtenBeside } from './model-answers.ts';
import { applyReadingDoubt } from './ocr-doubt.ts';
import { roundToStep, scoreCriteria } from './scoring.ts';
import { type AnswerText, maxGradedCharacters, prepareAnswer } from './text/answer-text.ts';
import type { CriterionDecision, GradeRequest, Grader, QuestionGrade } from './types.ts';

/**
 * The rule-based grader: deterministic, milliseconds, every point with its place in the answer. It reads no meaning; what it cannot decide it hands to a
 * person. At most the first 20,000 characters count; longer answers go to review.
 */
export function createOfflineGrader(): Grader {
  return {
    kind: 'offline',
    grade: async (request) => {
      request.signal?.throwIfAborted();
      return gradeOffline(request);
    },
  };
}

/** The same as a plain function. */
export function gradeOffline(request: GradeRequest): QuestionGrade {
  const { question, answer } = request;
  if (isBlank(answer)) return gradeBlank(request);
  const instructions = findInstructions(answer, topicWords(question));
  const text = prepareAnswer(answer, question.lang, instructions);
  if (instructions.length === 0) return gradeText(request, text, new Set());
  // Attacks run over several sentences: those that are hardly about the question must not help either.
  const strict = prepareAnswer(answer, question.lang, [...instructions, ...unrelatedPlaces(question, text)]);
  const [grade, strictGrade] = [text, strict].map((part) => gradeText(request, part, new Set(['INJECTION_SUSPECTED']))) as [
    QuestionGrade,
    QuestionGrade,
  ];
  return strictGrade.score < grade.score ? strictGrade : grade;
}

function gradeText(request: GradeRequest, text: AnswerText, reasons: Set<ReviewReason>): QuestionGrade {
  if (text.isCut) reasons.add('LOW_CONFIDENCE');
  const notes = text.isCut ? [`Only the first ${maxGradedCharacters} characters were looked at.`] : [];
  const { rubric } = request.question;
  if (rubric && rubric.criteria.length > 0) return gradeByRubric(request, rubric, text, reasons, notes);
  return gradeByModelAnswers(request, text, reasons, notes);
}

/** True when nothing was written: no letter, digit or sign that could be an answer. */
export function isBlank(answer: string): boolean {
  return !/[\p{L}\p{N}✓✔☑✗✘☒+*/=<>%∞∅√π]/u.test(answer.normalize('NFKC'));
}

/** An unanswered question: no points whatever the scoring, and a person's look. */
function gradeBlank(request: GradeRequest): QuestionGrade {
  const { question } = request;
  const criteria = (question.rubric?.criteria ?? []).map(
    (criterion): CriterionDecision => ({
      criterionId: criterion.id,
      decision: 'NOT_MET',
      fraction: 0,
      points: 0,
      confidence: 0.9,
      evidence: [],
      reason: 'There is no answer.',
    }),
  );
  const score = lowestScore(question);
  return finishGrade(request, {
    score,
    criteria,
    confidence: 0.9,
    reasons: new Set(['BLANK']),
    notes: ['There is no answer.'],
    grader: 'offline',
  });
}

/** 0, or the rubric's floor where that is higher. */
function lowestScore(question: Question): number {
  return Math.max(0, question.rubric?.floor ?? 0);
}

function gradeByRubric(
  request: GradeRequest,
  rubric: Rubric,
  text: AnswerText,
  reasons: Set<ReviewReason>,
  notes: string[],
): QuestionGrade {
  const { question, uncertainWords = [] } = request;
  const hasFreeText = rubric.criteria.some(isFreeText);
  const offTopic = hasFreeText && (isOffTopic(question, text) || (rubric.scoring === 'negative' && sharesNothing(question, text)));
  if (offTopic) reasons.add('OFF_TOPIC');
  if (hasFreeText && isKeywordList(text)) reasons.add('KEYWORD_LIST');
  const relevant = relevantPart(question, text, true);
  const read = (criterion: Criterion) => applyReadingDoubt(decideCriterion(criterion, text), uncertainWords, text.visible);
  const decided = new Map(rubric.criteria.map((criterion) => [criterion.id, read(criterion)]));
  let outcomes = new Map<string, Outcome>();
  for (const criterion of rubric.criteria) {
    const outcome = weighBySupport(question, criterion, decided.get(criterion.id) as Outcome, text, relevant);
    outcomes.set(criterion.id, offTopic && isFreeText(criterion) ? withoutMark(outcome) : outcome);
  }
  if (hasFreeText && !offTopic && question.exemplars.length > 0) {
    const base = scoreCriteria(rubric, toDecided(outcomes), question.maxScore).score / question.maxScore;
    const criteria = [...outcomes.values()].map(({ fraction }) => fraction);
    const model = rubricModel(question);
    const { correction } = model({ text: besideQuestion(question, writtenBeside(question, relevant.text)), base, criteria });
    outcomes = shiftByExemplars({ question, decided, outcomes, correction, answer: text, relevant });
  }
  for (const outcome of outcomes.values()) for (const reason of outcome.reviewReasons ?? []) reasons.add(reason);
  const scored = scoreCriteria(rubric, toDecided(outcomes), question.maxScore);
  const criteria = rubric.criteria.map((criterion) =>
    toDecision(criterion, outcomes.get(criterion.id) as Outcome, scored.points.get(criterion.id) ?? 0),
  );
  const mayCount = !(offTopic && rubric.scoring === 'negative');
  const score = mayCount ? scored.score : lowestScore(question);
  if (mayCount && isNearBoundary(rubric, scored.rawScore, question.maxScore)) reasons.add('NEAR_BOUNDARY');
  const confidence = overallConfidence(rubric, criteria) * likelihood(question, rubric, relevant, score / question.maxScore);
  return finishGrade(request, { score, criteria, confidence, reasons, notes, grader: 'offline' });
}

/** What exemplars teach about a question with a rubric; each is graded by the rubric alone first. */
function rubricModel(question: Question): ExemplarModel {
  const plain = { ...question, exemplars: [] };
  return exemplarModelOf(question, (answer) => {
    const { score, criteria } = gradeOffline({ question: plain, answer, reviewBelow: 0 });
    return { base: score / question.maxScore, criteria: criteria.map(({ fraction }) => fraction) };
  });
}

function withoutMark(outcome: Outcome): Outcome {
  if (outcome.decision !== 'MET' && outcome.decision !== 'PARTIAL') return outcome;
  return unclear('The answer seems to be about something else.', { evidence: outcome.evidence });
}

function toDecided(outcomes: Map<string, Outcome>) {
  return [...outcomes].map(([criterionId, { decision, fraction }]) => ({ criterionId, decision, fraction }));
}

function toDecision(criterion: Criterion, outcome: Outcome, points: number): CriterionDecision {
  const { decision, fraction, confidence, evidence, reason } = outcome;
  return { criterionId: criterion.id, decision, fraction, points, confidence, evidence: decision === 'NOT_MET' ? [] : evidence, reason };
}

/** A raw sum within a twentieth of a step from where rounding tips over. */
export function isNearBoundary(rubric: Rubric, rawScore: number, maxScore: number): boolean {
  if (rawScore <= rubric.floor || rawScore >= maxScore) return false;
  const part = rawScore / rubric.step - Math.floor(rawScore / rubric.step);
  return Math.abs(part - 0.5) < 0.05;
}

/** Mean of the criteria's confidence weighted by points, pulled down by the least sure one. */
function overallConfidence(rubric: Rubric, criteria: readonly CriterionDecision[]): number {
  const weights = rubric.criteria.map((criterion) => Math.abs(criterion.points) || 0.01);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = criteria.reduce((sum, decision, index) => sum + decision.confidence * (weights[index] ?? 0), 0) / total;
  const least = Math.min(...criteria.map((decision) => decision.confidence));
  return 0.7 * mean + 0.3 * least;
}

/** A decision of the matchers that nothing speaks against has about this confidence. */
const undisturbed = 0.93;

/** For marks in proportion beside a model answer, the measured chance that a person agrees, relative to an undisturbed decision; 1 for others. */
function likelihood(question: Question, rubric: Rubric, relevant: Relevant, fraction: number): number {
  if (rubric.scoring === 'negative' || !rubric.criteria.some((criterion) => criterion.partial === 'proportional' && isFreeText(criterion)))
    return 1;
  const covered = bestCoverage(question, writtenBeside(question, relevant.text));
  if (covered === null) return 1;
  return calibratedConfidence({ fraction, covered, criteria: rubric.criteria.length }) / undisturbed;
}

/**
 * A suggestion as a mark: on the step of the exemplars' marks when it lies within a tenth of a step of one; else to a hundredth, and for a person (NEAR_BOUNDARY), who learns more from 0.45
 * than from 0.
 */
function suggestedScore(question: Question, fraction: number, reasons: Set<ReviewReason>): number {
  const raw = fraction * question.maxScore;
  const step = stepOfExemplars(question);
  const mark = roundToStep(raw, step);
  if (Math.abs(mark - raw) <= 0.1 * step) return mark;
  if (question.exemplars.length > 0) reasons.add('NEAR_BOUNDARY');
  return roundToStep(raw, question.maxScore / 100);
}

function gradeByModelAnswers(request: GradeRequest, text: AnswerText, reasons: Set<ReviewReason>, notes: string[]): QuestionGrade {
  const { question } = request;
  const relevant = writtenBeside(question, relevantPart(question, text, false).text);
  const suggestion = suggestFraction(question, relevant, !reasons.has('INJECTION_SUSPECTED'));
  reasons.add('LOW_CONFIDENCE');
  if (!suggestion) {
    notes.push('There is neither a rubric nor a model answer to grade against: a person decides.');
    return finishGrade(request, { score: 0, criteria: [], confidence: 0, reasons, notes, grader: 'offline' });
  }
  const offTopic = isOffTopic(question, text);
  if (offTopic) reasons.add('OFF_TOPIC');
  if (isKeywordList(text)) reasons.add('KEYWORD_LIST');
  if ((request.uncertainWords ?? []).some((word) => word.confidence < 0.5)) reasons.add('OCR_UNCERTAIN');
  const hasExemplars = question.exemplars.length > 0;
  const score = offTopic && sharesNothing(question, text) ? 0 : suggestedScore(question, suggestion.fraction, reasons);
  const confidence = hasExemplars ? 0.45 + 0.5 * suggestion.nearest * Math.min(1, question.exemplars.length / 5) : 0.4;
  if (hasExemplars) reasons.delete('LOW_CONFIDENCE');
  if (text.isCut) reasons.add('LOW_CONFIDENCE');
  notes.push(
    hasExemplars
      ? 'No rubric: the score follows the model answers and the graded examples.'
      : 'No rubric: the score is a suggestion from how much of a model answer is covered.',
  );
  return finishGrade(request, { score, criteria: [], confidence, reasons, notes, grader: 'offline' });
}

import type { Criterion, Question } from '@gradeflow/contracts';
import {
  confidenceAlone,
  highestAlone,
  isGradual,
  minWordsAlone,
  type Statement,
  spansOfStatement,
  statementOf,
} from './criterion-support.ts';
import type { Relevant } from './gates/on-topic.ts';
import type { Outcome } from './matchers/outcome.ts';
import type { AnswerText } from './text/answer-text.ts';
import { tokenise } from './text/tokens.ts';
import type { Span } from './types.ts';

/** Marked examples take away at most half of what a criterion had. */
const leastKept = 0.5;
/** An example with at least this share of the points shows what a good answer says. */
const goodFrom = 0.5;
const maxPlaces = 6;

export interface Shift {
  question: Question;
  /** By key words alone. */
  decided: ReadonlyMap<string, Outcome>;
  /** By key words and support. */
  outcomes: ReadonlyMap<string, Outcome>;
  /** How much more or less the teacher gave for such answers than the rules, as a share of the question's points. */
  correction: number;
  answer: AnswerText;
  relevant: Relevant;
}

/**
 * Moves the criteria that are marked in proportion by what marked examples show. Each moves by the same part of what its evidence leaves open: up to all of its points beside a key word, up to half of
 * them beside words of the model answer or of a well-marked example alone, not at all without either; and down to half of what it had.
 */
export function shiftByExemplars({ question, decided, outcomes, correction, answer, relevant }: Shift): Map<string, Outcome> {
  const shifted = new Map(outcomes);
  const open = (question.rubric?.criteria ?? []).flatMap((criterion) => {
    const outcome = outcomes.get(criterion.id);
    if (!outcome || !isGradual(criterion, outcome)) return [];
    const hasKeyWord = (decided.get(criterion.id)?.fraction ?? 0) > 0;
    const evidence = hasKeyWord ? outcome.evidence : wordsAlone(question, criterion, answer, relevant);
    if (!hasKeyWord && evidence.length < minWordsAlone) return [];
    const highest = hasKeyWord ? 1 : Math.max(highestAlone, outcome.fraction);
    return [{ criterion, outcome, evidence, limit: correction > 0 ? highest : leastKept * outcome.fraction }];
  });
  const room = open.reduce((sum, { criterion, outcome, limit }) => sum + criterion.points * Math.abs(limit - outcome.fraction), 0);
  const part = room === 0 ? 0 : Math.min(1, (Math.abs(correction) * question.maxScore) / room);
  for (const { criterion, outcome, evidence, limit } of open) {
    const fraction = Math.round((outcome.fraction + part * (limit - outcome.fraction)) * 1e4) / 1e4;
    if (fraction !== outcome.fraction) shifted.set(criterion.id, moved(outcome, fraction, evidence));
  }
  return shifted;
}

function moved(outcome: Outcome, fraction: number, evidence: Span[]): Outcome {
  const reason = `${outcome.reason} By marked examples ${percent(fraction)} and not ${percent(outcome.fraction)} of the points.`;
  if (outcome.decision !== 'NOT_MET') return { ...outcome, fraction, evidence, reason };
  return { ...outcome, decision: 'PARTIAL', fraction, evidence, reason, confidence: confidenceAlone };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function wordsAlone(question: Question, criterion: Criterion, answer: AnswerText, relevant: Relevant): Span[] {
  const statement = statementOf(question, criterion);
  const ofModel = statement ? spansOfStatement(statement, answer, relevant) : [];
  const spans = ofModel.length >= minWordsAlone ? ofModel : spansOfStatement(goodExamples(question), answer, relevant);
  return spans.slice(0, maxPlaces);
}

const examples = new WeakMap<Question, Statement>();

/** What well-marked examples say, made once. */
function goodExamples(question: Question): Statement {
  let known = examples.get(question);
  if (!known) {
    const stemsOf = (text: string) =>
      tokenise(text, question.lang)
        .tokens.filter((token) => !token.isFunctionWord)
        .map(({ stem }) => stem);
    const good = question.exemplars.filter(({ score }) => score >= goodFrom * question.maxScore);
    const said = new Set(tokenise(question.prompt, question.lang).tokens.map((token) => token.stem));
    known = { content: [...new Set(good.flatMap(({ answer }) => stemsOf(answer)))], said };
    examples.set(question, known);
  }
  return known;
}

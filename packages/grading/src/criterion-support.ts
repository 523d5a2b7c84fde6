import type { Criterion, Question } from '@gradeflow/contracts';
import type { Relevant } from './gates/on-topic.ts';
import { findPhrase } from './matchers/keywords.ts';
import type { Outcome } from './matchers/outcome.ts';
import { withoutPoints } from './model-answers.ts';
import { type AnswerText, prepareAnswer } from './text/answer-text.ts';
import { wordRecall } from './text/similarity.ts';
import { tokenise } from './text/tokens.ts';
import type { Span } from './types.ts';

/** What is said about something: content stems, and those that the question itself has said. */
export interface Statement {
  content: string[];
  said: ReadonlySet<string>;
}

const statements = new WeakMap<Question, Map<string, Statement | null>>();
/** Share of a criterion that support decides; the key words decide the rest. */
const supportWeight = 0.4;
/** How much of a criterion words alone can give, where its key words are missing. */
export const highestAlone = 0.5;
/** Share of a statement's words (square root) that is as good as all of it: nobody writes the model answer's words only. */
const fullSupport = 0.8;
/** Without any key word, so much support is needed to count at all. */
const minSupportAlone = 0.6;
export const minWordsAlone = 2;
/** How sure a decision is that no key word carries. */
export const confidenceAlone = 0.5;

/**
 * Weighs a criterion that is marked in proportion by what its key words say, three fifths, and by how much the answer has of the sentences of the model answer that are about it, two fifths.
 * So a key word in passing counts less than the explanation, and an explanation in near words counts something. Nothing changes for criteria of another kind, under negative points, without a model
 * answer that mentions the key words, or where a wrong statement or a person decides.
 */
export function weighBySupport(
  question: Question,
  criterion: Criterion,
  outcome: Outcome,
  answer: AnswerText,
  relevant: Relevant,
): Outcome {
  const statement = isGradual(criterion, outcome) ? statementOf(question, criterion) : null;
  if (!statement) return outcome;
  const support = Math.min(1, Math.sqrt(wordRecall(relevant, statement.content, statement.said)) / fullSupport);
  if (outcome.fraction > 0) return withSupport(outcome, support);
  return onSupportAlone(outcome, support, spansOfStatement(statement, answer, relevant));
}

/** Whether a criterion is marked in proportion and neither a wrong statement nor a person decides it. */
export function isGradual(criterion: Criterion, outcome: Outcome): boolean {
  return criterion.partial === 'proportional' && criterion.points > 0 && outcome.decision !== 'UNCLEAR' && outcome.decidedBy === undefined;
}

function withSupport(outcome: Outcome, support: number): Outcome {
  const fraction = round((1 - supportWeight) * outcome.fraction + supportWeight * support);
  const reason = `${outcome.reason} ${percent(support)} of what the model answer says about it.`;
  return { ...outcome, fraction, reason };
}

function onSupportAlone(outcome: Outcome, support: number, evidence: Span[]): Outcome {
  if (support < minSupportAlone || evidence.length < minWordsAlone) return outcome;
  const reason = `No key word, but ${percent(support)} of what the model answer says about it.`;
  return {
    ...outcome,
    decision: 'PARTIAL',
    fraction: round(highestAlone * support),
    confidence: confidenceAlone,
    evidence: evidence.slice(0, 6),
    reason,
  };
}

/** Places of the words of a statement that the question itself has not said. */
export function spansOfStatement(statement: Statement, answer: AnswerText, relevant: Relevant): Span[] {
  const words = new Set(
    statement.content
      .filter((stem) => !statement.said.has(stem))
      .map((stem) => relevant.find(stem))
      .filter(({ likeness }) => likeness >= 0.5)
      .map(({ word }) => word),
  );
  const places = relevant.words.filter(({ stem }) => words.has(stem)).map(({ from, to }) => answer.span(from, to));
  return places.filter((place, index) => place.start !== places[index - 1]?.start);
}

/** What the model answers say about a criterion; null where they do not mention its key words. */
export function statementOf(question: Question, criterion: Criterion): Statement | null {
  let known = statements.get(question);
  if (!known) {
    known = new Map();
    statements.set(question, known);
  }
  let statement = known.get(criterion.id);
  if (statement === undefined) {
    statement = readStatement(question, criterion);
    known.set(criterion.id, statement);
  }
  return statement;
}

function readStatement(question: Question, criterion: Criterion): Statement | null {
  const { lang } = question;
  const phrases = criterion.match.flatMap((match) => (match.type === 'keywords' ? match.groups.flatMap((group) => group.anyOf) : []));
  const rules = { stem: true, prefix: true, fuzzy: true };
  const content = new Set<string>();
  for (const { text } of question.modelAnswers) {
    for (const sentence of sentencesOf(withoutPoints(text), lang)) {
      const prepared = prepareAnswer(sentence, lang);
      if (!phrases.some((phrase) => findPhrase(phrase, prepared, rules).length > 0)) continue;
      for (const token of prepared.tokens) if (!token.isFunctionWord) content.add(token.stem);
    }
  }
  if (content.size < minWordsAlone) return null;
  return { content: [...content], said: new Set(tokenise(question.prompt, lang).tokens.map((token) => token.stem)) };
}

/** Sentences, lines and items of lists; what has fewer than three content words belongs to the one before. */
function sentencesOf(text: string, lang: string): string[] {
  const sentences: string[] = [];
  for (const piece of text.split(/(?<=[.!?;:])\s+|\n+|[•●○▪]|\s-\s/).map((part) => part.trim())) {
    if (piece === '') continue;
    const words = tokenise(piece, lang).tokens.filter((token) => !token.isFunctionWord).length;
    if (words < 3 && sentences.length > 0) sentences.push(`${sentences.pop()} ${piece}`);
    else sentences.push(piece);
  }
  return sentences;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(fraction: number): number {
  return Math.round(fraction * 1e4) / 1e4;
}

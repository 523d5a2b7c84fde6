import type { Match } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import type { Span } from '../types.ts';
import { graded, notMet, type Outcome, unclear } from './outcome.ts';

export type TrueFalseMatch = Extract<Match, { type: 'trueFalse' }>;

const verdicts = new Map<string, boolean>([
  ...['true', 't', 'yes', 'y', 'correct', 'right', 'wahr', 'w', 'richtig', 'ja', 'vrai', 'verdadero', 'vero'].map(
    (word) => [word, true] as const,
  ),
  ...['false', 'f', 'no', 'n', 'incorrect', 'wrong', 'untrue', 'falsch', 'nein', 'faux', 'falso'].map((word) => [word, false] as const),
]);
const signs: Array<[RegExp, boolean]> = [
  [/[✓✔☑]/u, true],
  [/[✗✘☒]/u, false],
];
const negations = new Set(['not', 'nicht', "isn't", 'never']);
/** Other words that may stand around the verdict without changing it. */
const harmless = new Set('the statement answer is it this that i think das die aussage ist es antwort'.split(' '));

/**
 * Decides a true-false criterion: the verdict must stand first, or be the only one ("not true" is false). Two different verdicts, or none, are UNCLEAR.
 */
export function matchTrueFalse(match: TrueFalseMatch, answer: AnswerText): Outcome {
  const read = readVerdict(answer);
  if (!('value' in read)) return read;
  const { value, confidence, evidence } = read;
  if (value === match.value) return graded(1, evidence, confidence, `Answered ${value}.`);
  return notMet(`Answered ${value}.`, confidence, { decidedBy: evidence });
}

/** What an answer says, true or false; null when that is not clear. */
export function verdictOf(answer: AnswerText): boolean | null {
  const read = readVerdict(answer);
  return 'value' in read ? read.value : null;
}

/** The verdict of an answer, or why it is not clear. */
function readVerdict(answer: AnswerText): { value: boolean; confidence: number; evidence: Span[] } | Outcome {
  const found = findVerdicts(answer);
  const [first] = found;
  if (!first) return unclear('Neither true nor false was recognised.');
  const evidence = [first.span];
  const before = answer.tokens.slice(0, first.index).filter(({ word }) => !harmless.has(word) && !negations.has(word));
  const agree = found.every(({ value }) => value === first.value);
  if (before.length > 0 && (!agree || before.length > 6)) return unclear('It is not clear which verdict counts.', { evidence });
  if (!agree && found.length === 2 && answer.tokens.length <= 4) return unclear('Both verdicts were written.', { evidence });
  const confidence = answer.tokens.length === 1 || found.length === 1 ? 0.97 : 0.85;
  return { value: first.value, confidence, evidence };
}

function findVerdicts(answer: AnswerText) {
  const found = answer.tokens.flatMap((token, index) => {
    const value = verdicts.get(token.word);
    if (value === undefined || (token.word.length === 1 && answer.tokens.length > 3 && index > 0)) return [];
    const isNegated = answer.tokens.slice(Math.max(0, index - 2), index).some(({ word }) => negations.has(word));
    return [{ index, value: isNegated ? !value : value, span: answer.tokenSpan(isNegated ? Math.max(0, index - 1) : index, index) }];
  });
  if (found.length > 0) return found;
  return signs.flatMap(([sign, value]) => {
    const at = answer.text.search(sign);
    return at < 0 ? [] : [{ index: 0, value, span: answer.span(at, at + 1) }];
  });
}

import type { Criterion, Match, Question } from '@gradeflow/contracts';
import { pickedOptions } from '../matchers/choice.ts';
import { resultOf } from '../matchers/numeric.ts';
import { verdictOf } from '../matchers/true-false.ts';
import { type AnswerText, prepareAnswer } from '../text/answer-text.ts';

type ExactMatch = Extract<Match, { type: 'choice' | 'trueFalse' | 'numeric' }>;

/**
 * Reads answers of a question that is decided by choice, true-false or number alone: equal for answers that pick or give the same. The reader gives null where an answer
 * is no clear pick; null instead of a reader for any other question.
 */
export function exactKeyReader(question: Question): ((answer: string) => string | null) | null {
  const matches = exactMatches(question);
  if (!matches) return null;
  return (answer) => {
    const text = prepareAnswer(answer, question.lang);
    const keys = matches.map((match) => readMatch(match, text));
    return keys.includes(null) ? null : keys.join('|');
  };
}

function exactMatches({ type, rubric }: Question): Array<ExactMatch | 'verdict'> | null {
  const criteria = rubric?.criteria ?? [];
  if (criteria.length === 0) return type === 'TRUE_FALSE' ? ['verdict'] : null;
  const matches = criteria.map(exactMatchOf);
  return matches.every((match) => match !== null) ? matches : null;
}

/** The one match of a criterion, when that is an exact one: alternatives may tell answers apart that one of them cannot. */
function exactMatchOf({ match: [match, ...others] }: Criterion): ExactMatch | null {
  if (!match || others.length > 0) return null;
  return match.type === 'choice' || match.type === 'trueFalse' || match.type === 'numeric' ? match : null;
}

function readMatch(match: ExactMatch | 'verdict', text: AnswerText): string | null {
  if (match === 'verdict' || match.type === 'trueFalse') return verdictOf(text)?.toString() ?? null;
  if (match.type === 'choice') return pickedOptions(match, text)?.join('+') ?? null;
  return resultOf(match, text);
}

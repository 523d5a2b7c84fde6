import type { Criterion, Match } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { comparable, coverage, modelText } from '../text/similarity.ts';
import { matchChoice } from './choice.ts';
import { matchText } from './exact-text.ts';
import { matchKeywords } from './keywords.ts';
import { matchNumeric } from './numeric.ts';
import { type Outcome, unclear } from './outcome.ts';
import { matchTrueFalse } from './true-false.ts';

function decideMatch(match: Match, criterion: Criterion, answer: AnswerText): Outcome {
  switch (match.type) {
    case 'keywords':
      return matchKeywords(match, answer, criterion.partial === 'proportional');
    case 'numeric':
      return matchNumeric(match, answer);
    case 'choice':
      return matchChoice(match, answer);
    case 'trueFalse':
      return matchTrueFalse(match, answer);
    case 'text':
      return matchText(match, answer);
    case 'meaning': {
      const likeness = coverage(comparable(answer.visible, answer.lang), [modelText(comparable(match.statement, answer.lang), null)]);
      return unclear(`Meaning is not decided without a model; words shared with the statement: ${Math.round(likeness * 100)} %.`, {
        reviewReasons: ['MEANING_OFFLINE'],
      });
    }
    case 'manual':
      return unclear('This criterion is decided by a person.');
  }
}

/** Whether a criterion is decided by free text, where being about something else matters. */
export function isFreeText(criterion: Criterion): boolean {
  return criterion.match.some((match) => match.type === 'keywords' || match.type === 'meaning');
}

/**
 * Tries all alternatives of a criterion: the one that gives most counts; when none gives anything, one that a person has to look at goes before a
 * plain no. Doubts of alternatives that could have given more are kept.
 */
export function decideCriterion(criterion: Criterion, answer: AnswerText): Outcome {
  const outcomes = criterion.match.map((match) => decideMatch(match, criterion, answer));
  const rank = (outcome: Outcome) => outcome.fraction * 10 + (outcome.decision === 'UNCLEAR' ? 5e-3 : 0) + outcome.confidence * 1e-3;
  const [best, ...others] = outcomes.sort((a, b) => rank(b) - rank(a));
  if (!best) return unclear('The criterion has no way to be decided.');
  if (best.fraction >= 1) return best;
  const doubts = others.filter((other) => other.decision === 'UNCLEAR').flatMap((other) => other.reviewReasons ?? []);
  const missing = outcomes.flatMap((outcome) => outcome.missing ?? []);
  return { ...best, missing, reviewReasons: [...new Set([...(best.reviewReasons ?? []), ...doubts])] };
}

import type { Question } from '@gradeflow/contracts';
import { prepareAnswer } from '../text/answer-text.ts';
import { mentionsGrading } from './grader-talk.ts';
import { findInstructions, type SuspectedInstruction } from './injection.ts';
import { topicWords, unrelatedPlaces, weighSentences } from './on-topic.ts';

export interface DoubtedPlaces {
  /** `[start, end)` in the answer as given. */
  places: SuspectedInstruction[];
  /** Some of it addresses the grader; otherwise it only has nothing to do with the question. */
  kind: 'addresses' | 'mentions' | 'foreign';
}

/**
 * What of an answer a second opinion must do without: sentences that address the grader and, beside them, those that are hardly about the question; without any of those the sentences that share
 * no word with the question, or hardly one while they have a word of talk about grading. Rules cannot know every attack, but an attack is hardly ever about the question.
 */
export function findDoubtedPlaces(question: Question, answer: string): DoubtedPlaces {
  const topic = topicWords(question);
  const instructions = findInstructions(answer, topic);
  const text = prepareAnswer(answer, question.lang, instructions);
  if (instructions.length > 0) return { places: [...instructions, ...unrelatedPlaces(question, text)], kind: 'addresses' };
  const weighed = weighSentences(question, text).map((sentence) => ({
    ...sentence,
    mentions: sentence.shared < 2 && mentionsGrading(answer.slice(sentence.start, sentence.end).toLowerCase(), topic),
  }));
  const doubted = weighed.filter(({ content, shared, mentions }) => mentions || (content > 0 && shared === 0));
  const places = doubted.map(({ start, end }) => ({ start, end }));
  return { places, kind: doubted.some(({ mentions }) => mentions) ? 'mentions' : 'foreign' };
}

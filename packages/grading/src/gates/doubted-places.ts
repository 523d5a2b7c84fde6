import type { Question } from '@gradeflow/contracts';
import { type AnswerText, prepareAnswer } from '../text/answer-text.ts';
import { mentionsGrading } from './grader-talk.ts';
import { findInstructions, type SuspectedInstruction } from './injection.ts';
import { foreignStretches, topicWords, unrelatedPlaces, weighSentences } from './on-topic.ts';

export interface DoubtedPlaces {
  /** `[start, end)` in the answer as given. */
  places: SuspectedInstruction[];
  /** Some of it addresses the grader, or has a word of talk about grading; otherwise it only has nothing to do with the question. */
  kind: 'addresses' | 'mentions' | 'foreign';
}

/** So many words in a row that have nothing to do with the question can be an order without a full stop before it. Measured: fewer would ask again about more honest answers than they save. */
const longStretch = 5;
/** Letters that the languages of the supported rubrics share with each other; of others a word may be an order. */
const otherScript = /(?=\p{L})[^\p{Script=Latin}\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]/u;

/**
 * What of an answer a second opinion must do without: sentences that address the grader and, beside them, those that are hardly about the question; and anywhere the sentences that share no word with the
 * question, or hardly one while they have a word of talk about grading, long stretches without any of its words, and words in letters that the question does not have. Rules cannot know every attack, but
 * an attack is hardly ever about the question. An answer with an order is left less than the same answer without it, so that its mark is never higher.
 */
export function findDoubtedPlaces(question: Question, answer: string): DoubtedPlaces {
  const topic = topicWords(question);
  const instructions = findInstructions(answer, topic);
  const text = prepareAnswer(answer, question.lang, instructions);
  const sentences = weighSentences(question, text).filter(({ content, shared }) => content > 0 && shared < 2);
  const talking = sentences.filter(({ start, end }) => mentionsGrading(answer.slice(start, end).toLowerCase(), topic));
  const foreign = [
    ...sentences.filter(({ shared }) => shared === 0),
    ...foreignStretches(question, text, longStretch),
    ...wordsOfOtherScripts(text, topic),
  ];
  const beside = instructions.length > 0 ? unrelatedPlaces(question, text) : [];
  const places = [...instructions, ...beside, ...talking, ...foreign].map(({ start, end }) => ({ start, end }));
  return { places, kind: instructions.length > 0 ? 'addresses' : talking.length > 0 ? 'mentions' : 'foreign' };
}

function wordsOfOtherScripts(answer: AnswerText, topic: ReadonlySet<string>): SuspectedInstruction[] {
  if ([...topic].some((word) => otherScript.test(word))) return [];
  return answer.tokens.flatMap((token, index) => (otherScript.test(token.word) ? [answer.tokenSpan(index, index)] : []));
}

import type { Question } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { functionWordsOf } from '../text/function-words.ts';
import { tokenise } from '../text/tokens.ts';
import { tolerantlyEqual } from '../text/tolerant.ts';

const minContentWords = 4;
const minSharedStems = 2;
const references = new WeakMap<Question, string[]>();

/** Content stems of the model answers and of what the rubric looks for; with `withPrompt` also of the question. */
function referenceStems(question: Question): string[] {
  let stems = references.get(question);
  if (!stems) {
    const texts = [...question.modelAnswers.map((answer) => answer.text)];
    for (const criterion of question.rubric?.criteria ?? []) {
      for (const match of criterion.match) {
        if (match.type === 'keywords') texts.push(...match.groups.flatMap((group) => group.anyOf));
        else if (match.type === 'text') texts.push(...match.anyOf);
        else if (match.type === 'meaning') texts.push(match.statement, ...match.examples);
      }
    }
    stems = [
      ...new Set(
        texts.flatMap((text) =>
          tokenise(text, question.lang)
            .tokens.filter((token) => !token.isFunctionWord)
            .map((token) => token.stem),
        ),
      ),
    ];
    references.set(question, stems);
  }
  return stems;
}

/**
 * True for an answer of at least four content words that shares fewer than two distinct stems with model answers and rubric (without a rubric also with the
 * question). It means a person's look and no automatic mark: about one honest answer in fifteen is held back. False where there is nothing to compare with.
 */
export function isOffTopic(question: Question, answer: AnswerText): boolean {
  const reference = question.rubric ? referenceStems(question) : [...new Set([...referenceStems(question), ...promptStems(question)])];
  if (reference.length < minSharedStems) return false;
  const content = [...new Set(answer.tokens.filter((token) => !token.isFunctionWord).map((token) => token.stem))];
  if (content.length < minContentWords) return false;
  return sharedStems(reference, content, minSharedStems) < minSharedStems;
}

/** True when an answer, however short, has nothing in common with what it is compared to. */
export function sharesNothing(question: Question, answer: AnswerText): boolean {
  const reference = [...referenceStems(question), ...promptStems(question)];
  const stems = answer.tokens.map((token) => token.stem);
  return reference.length > 0 && sharedStems(reference, stems, 1) === 0;
}

function promptStems(question: Question): string[] {
  const content = tokenise(question.prompt, question.lang).tokens.filter((token) => !token.isFunctionWord);
  return [...new Set(content.map((token) => token.stem))];
}

function sharedStems(reference: readonly string[], stems: readonly string[], enough: number): number {
  let shared = 0;
  for (const stem of reference) {
    const isShared = stems.some((other) => other === stem || tolerantlyEqual(other, stem) || (stem.length >= 4 && other.startsWith(stem)));
    if (isShared && ++shared >= enough) return shared;
  }
  return shared;
}

/** True for six words or more of which fewer than a tenth carry grammar: key words in a row instead of sentences. */
export function isKeywordList(answer: AnswerText): boolean {
  if (functionWordsOf(answer.lang) === null) return false;
  const words = answer.tokens.filter((token) => !token.isNumber);
  return words.length >= 6 && words.filter((token) => token.isFunctionWord).length < 0.1 * words.length;
}

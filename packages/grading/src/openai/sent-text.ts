import type { Question } from '@gradeflow/contracts';
import { createPeopleMask } from '../identity/mask-people.ts';
import { maxGradedCharacters } from '../text/answer-text.ts';
import { type MappedText, mappedTextOf, type Replacement, replaceStretches } from '../text/mapped-text.ts';
import type { KnownPerson } from '../types.ts';

/** What is put in the place of a stretch that a model shall not see. */
const leftOut = ' […] ';
/** Control and invisible characters, which hide things, and the role tokens of chat models. */
const unwanted = /<\|[^|>]{0,40}\|>|[\p{Cf}]|[^\P{Cc}\n\t]/gu;

/** Makes texts fit to be sent: cut, cleaned, people masked, `without` (places in the text as given) left out. */
export type PrepareText = (text: string, without?: ReadonlyArray<{ start: number; end: number }>) => MappedText;

/** For the answers to one question, and for its exemplars, which are other students' answers. */
export function createPrepareText(question: Question, people: readonly KnownPerson[]): PrepareText {
  const mask = createPeopleMask(people, question);
  return (text, without = []) => {
    const visible = replaceStretches(
      mappedTextOf(text, maxGradedCharacters),
      without.map((place) => ({ ...place, by: leftOut })),
    );
    return mask(replaceStretches(visible, unwantedIn(visible.text)));
  };
}

function unwantedIn(text: string): Replacement[] {
  return [...text.matchAll(unwanted)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
    by: found.startsWith('<|') ? ' ' : '',
  }));
}

/** False when nothing is left that could be an answer. */
export function hasWords({ text }: MappedText): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

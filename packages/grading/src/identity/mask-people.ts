import type { Question } from '@gradeflow/contracts';
import { functionWordsOf } from '../text/function-words.ts';
import { type MappedText, replaceStretches } from '../text/mapped-text.ts';
import { findNames } from './find-names.ts';
import { findAddresses, findNumbers } from './find-numbers.ts';
import { foldName, type KnownPerson, namePartsOf, tracesOf } from './known-people.ts';

/** Masks whatever tells who people are; the places of the rest stay known. */
export type MaskPeople = (text: MappedText) => MappedText;

/**
 * A mask for texts that belong to one question. Names become `[PERSON-1]`, addresses `[EMAIL-1]`, roll numbers `[NUMBER-1]`, numbered as they first appear, so that the same text is masked the
 * same way whoever else is on the roster. Words of the question, its model answers and its rubric stay where they stand alone: an answer must keep its sense. Any e-mail address counts.
 */
export function createPeopleMask(people: readonly KnownPerson[], question: Question): MaskPeople {
  const traces = people.map(tracesOf);
  const topicText = topicTextOf(question);
  const grammar = functionWordsOf(question.lang) ?? new Set<string>();
  const ordinary = { topic: new Set(namePartsOf(topicText)), grammar: new Set([...grammar].map(foldName)) };
  return (text) => {
    const label = createLabels();
    const addresses = findAddresses(text.text, topicText).map(({ trace, ...place }) => ({ ...place, by: label('EMAIL', trace) }));
    const numbers = findNumbers(text.text, traces, topicText).map(({ trace, ...place }) => ({ ...place, by: label('NUMBER', trace) }));
    const names = findNames(text.text, traces, ordinary).map(({ person, ...place }) => ({ ...place, by: label('PERSON', person) }));
    return replaceStretches(text, [...addresses, ...numbers, ...names]);
  };
}

/** `label('PERSON', x)` is `[PERSON-1]` for the first x, `[PERSON-2]` for the next other one. */
function createLabels(): (kind: string, of: string | number) => string {
  const known = new Map<string, unknown[]>();
  return (kind, of) => {
    const seen = known.get(kind) ?? [];
    if (!seen.includes(of)) seen.push(of);
    known.set(kind, seen);
    return `[${kind}-${seen.indexOf(of) + 1}]`;
  };
}

/** Everything that the key says, in one text. */
function topicTextOf({ prompt, modelAnswers, rubric }: Question): string {
  const criteria = (rubric?.criteria ?? []).flatMap(({ description, match }) => [description, ...match.flatMap(stringsOf)]);
  return [prompt, ...modelAnswers.map(({ text }) => text), ...criteria].join('\n');
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

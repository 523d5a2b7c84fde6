import { foldNumber, type PersonTraces } from './known-people.ts';

/** A stretch of a text that is a person's number or address. */
export interface FoundTrace {
  start: number;
  end: number;
  trace: string;
}

/** Shorter numbers stand in every calculation: they count behind a word that says what they are. */
const unmistakableFrom = 4;
const numberLabel =
  /(?:roll|reg(?:istration)?|matric\p{L}*|matrikel\p{L}*|enrol\p{L}*|student|candidate|seat|index|id)[\s.:#-]*(?:no|nr|num|number|id)?[\s.:#-]*$/iu;
const address = /[\p{L}\p{N}._%+-]+\s?@\s?[\p{L}\p{N}-]+(?:\s?\.\s?[\p{L}\p{N}-]+)+/gu;

/**
 * Numbers of people, whatever stands between their characters and whichever look-alike was read, as whole words; those that stand in the question (`topicText`) are ordinary
 * numbers there.
 */
export function findNumbers(text: string, people: readonly PersonTraces[], topicText: string): FoundTrace[] {
  const { folded, places } = foldWithPlaces(text);
  const inTopic = new Set((topicText.match(/[\p{L}\p{N}]+/gu) ?? []).map(foldNumber));
  const numbers = [...new Set(people.flatMap((person) => person.numbers))].filter((number) => !inTopic.has(number));
  return numbers.flatMap((number) => {
    const found: FoundTrace[] = [];
    for (let at = folded.indexOf(number); at >= 0; at = folded.indexOf(number, at + 1)) {
      const start = places[at] as number;
      const end = (places[at + number.length - 1] as number) + 1;
      const isWhole = !isWordAt(text, start - 1) && !isWordAt(text, end);
      const isMeant = number.length >= unmistakableFrom || numberLabel.test(text.slice(Math.max(0, start - 40), start));
      if (isWhole && isMeant) found.push({ start, end, trace: number });
    }
    return found;
  });
}

/** Addresses, anybody's, but those that stand in the question. */
export function findAddresses(text: string, topicText: string): FoundTrace[] {
  const asked = topicText.toLowerCase();
  return [...text.matchAll(address)]
    .map(({ 0: written, index }) => ({ start: index, end: index + written.length, trace: written.toLowerCase().replace(/\s/g, '') }))
    .filter(({ trace }) => !asked.includes(trace));
}

function foldWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = '';
  const places: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const one = foldNumber(text[at] as string);
    folded += one;
    for (let index = 0; index < one.length; index++) places.push(at);
  }
  return { folded, places };
}

function isWordAt(text: string, at: number): boolean {
  return /[\p{L}\p{N}]/u.test(text[at] ?? '');
}

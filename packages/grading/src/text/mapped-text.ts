import { type NormalisedText, spanOf } from './normalise.ts';

/** A text made from another one, every character with the place it came from: what is found in it can be shown as an exact slice of the original. */
export type MappedText = NormalisedText;

/** A stretch `[start, end)` and what stands in its place. */
export interface Replacement {
  start: number;
  end: number;
  by: string;
}

/** The text as it is, at most its first `maxCharacters`. */
export function mappedTextOf(original: string, maxCharacters: number): MappedText {
  const text = original.slice(0, maxCharacters);
  const starts = Array.from({ length: text.length }, (_, index) => index);
  return { original, text, starts, ends: starts.map((start) => start + 1) };
}

/** Replaces stretches of `text`, places counted in it; of stretches that overlap the one that begins first counts. Every character of what is put in stands for the whole stretch. */
export function replaceStretches(mapped: MappedText, replacements: readonly Replacement[]): MappedText {
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  const copy = (from: number, to: number) => {
    text += mapped.text.slice(from, to);
    for (let index = from; index < to; index++) {
      starts.push(mapped.starts[index] as number);
      ends.push(mapped.ends[index] as number);
    }
  };
  let done = 0;
  for (const { start, end, by } of replacements.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < done || end <= start || start >= mapped.text.length) continue;
    copy(done, start);
    const whole = spanOf(mapped, start, Math.min(end, mapped.text.length));
    text += by;
    for (let index = 0; index < by.length; index++) {
      starts.push(whole.start);
      ends.push(whole.end);
    }
    done = Math.min(end, mapped.text.length);
  }
  copy(done, mapped.text.length);
  return { original: mapped.original, text, starts, ends };
}

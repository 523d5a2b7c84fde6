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

/** Replaces stretches of `text`, places counted in it; those that overlap become one, so that nothing of either is left over. Every character of what is put in stands for the whole stretch. */
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
  for (const { start, end, by } of joinOverlapping(replacements, mapped.text.length)) {
    copy(done, start);
    const whole = spanOf(mapped, start, end);
    text += by;
    for (let index = 0; index < by.length; index++) {
      starts.push(whole.start);
      ends.push(whole.end);
    }
    done = end;
  }
  copy(done, mapped.text.length);
  return { original: mapped.original, text, starts, ends };
}

/** In order, within the text; what the first one of several puts in stands for all of them. */
function joinOverlapping(replacements: readonly Replacement[], length: number): Replacement[] {
  const joined: Replacement[] = [];
  for (const replacement of replacements.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    const end = Math.min(replacement.end, length);
    if (end <= replacement.start) continue;
    if (last && replacement.start < last.end) last.end = Math.max(last.end, end);
    else joined.push({ ...replacement, end });
  }
  return joined;
}

import type { Span } from '../types.ts';
import { normalise, spanOf } from './normalise.ts';
import { type Token, tokenise } from './tokens.ts';

/** How many characters of an answer are looked at: about 3,500 words, more than a person writes by hand in an exam. */
export const maxGradedCharacters = 20_000;

/** An answer prepared once for all matchers. */
export interface AnswerText {
  /** As given. */
  original: string;
  /** The part that is looked at, ignored places blanked; offsets as in `original`. */
  visible: string;
  lang: string;
  /** Normalised, of the part that is looked at. */
  text: string;
  tokens: Token[];
  /** Indices into `tokens` by stem. */
  byStem: Map<string, number[]>;
  /** Letters and digits only, for matches across split and joined words, and the token of each character. */
  compact: string;
  compactTokens: number[];
  /** True when the answer is longer than `maxGradedCharacters`; the rest was not looked at. */
  isCut: boolean;
  /** The exact slice behind `[from, to)` of `text`. */
  span(from: number, to: number): Span;
  /** The exact slice behind tokens `[first, last]`. */
  tokenSpan(first: number, last: number): Span;
}

/** Cuts, blanks out `ignored` places (kept in length, so that offsets stay), normalises and tokenises. */
export function prepareAnswer(original: string, lang: string, ignored: ReadonlyArray<{ start: number; end: number }> = []): AnswerText {
  let visible = original.slice(0, maxGradedCharacters);
  for (const { start, end } of ignored)
    visible = visible.slice(0, start) + ' '.repeat(Math.min(end, visible.length) - start) + visible.slice(end);
  const normalised = { ...normalise(visible), original };
  const { tokens } = tokenise(normalised, lang);
  const byStem = new Map<string, number[]>();
  let compact = '';
  const compactTokens: number[] = [];
  tokens.forEach((token, index) => {
    const indices = byStem.get(token.stem);
    if (indices) indices.push(index);
    else byStem.set(token.stem, [index]);
    compact += token.word;
    for (let i = 0; i < token.word.length; i++) compactTokens.push(index);
  });
  const span = (from: number, to: number) => spanOf(normalised, from, to);
  return {
    original,
    visible,
    lang,
    text: normalised.text,
    tokens,
    byStem,
    compact,
    compactTokens,
    isCut: original.length > maxGradedCharacters,
    span,
    tokenSpan: (first, last) => span(tokens[first]?.from ?? 0, tokens[last]?.to ?? 0),
  };
}

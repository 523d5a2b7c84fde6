import type { DocumentFont } from './fonts.ts';

const missing = '□';
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Text that the font can draw on one line: white space becomes a blank, what it has no glyph for a visible box. Never throws. */
export function drawableText(text: string, { covers }: DocumentFont): string {
  const clean = text
    .normalize('NFC')
    .replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ')
    .trim();
  let result = '';
  for (const { segment } of graphemes.segment(clean)) {
    const known = [...segment].every((character) => covers.has(character.codePointAt(0) ?? 0));
    result += known ? segment : missing;
  }
  return result;
}

/** The same, cut with `…` to at most `width` points at this size. */
export function fitText(text: string, style: { font: DocumentFont; size: number }, width: number): string {
  const widthOf = (candidate: string) => style.font.font.widthOfTextAtSize(candidate, style.size);
  const drawable = drawableText(text, style.font);
  if (widthOf(drawable) <= width) return drawable;
  const parts = [...graphemes.segment(drawable)].map(({ segment }) => segment);
  let [fits, tooLong] = [0, parts.length];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (widthOf(`${parts.slice(0, middle).join('')}…`) <= width) fits = middle;
    else tooLong = middle;
  }
  return `${parts.slice(0, fits).join('').trimEnd()}…`;
}

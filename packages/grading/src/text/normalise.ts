/** A text made comparable, with the place of every character in the text as given. */
export interface NormalisedText {
  original: string;
  text: string;
  /** For each UTF-16 unit of `text`: where the characters it came from begin and end in `original`. */
  starts: number[];
  ends: number[];
}

const singleCharacters: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '‛': "'",
  '`': "'",
  '´': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '⁄': '/',
  '×': 'x',
  '·': '*',
  '⋅': '*',
  '∙': '*',
};

const invisible = /^[\p{Cf}\p{Cc}]$/u;
const superscript = /^[⁰¹²³⁴-⁹⁺⁻]$/u;
const vulgarFraction = /^[¼½¾⅐-⅞]$/u;
const cluster = /[\s\S]\p{M}*/gu;

function convert(piece: string, previous: { text: string; wasSuperscript: boolean }, keepCase: boolean): string {
  if (/^\s$/.test(piece)) return piece === '\n' ? '\n' : ' ';
  if (invisible.test(piece)) return '';
  const known = singleCharacters[piece];
  if (known !== undefined) return known;
  let plain = piece.normalize('NFKC');
  plain = [...plain].map((character) => singleCharacters[character] ?? character).join('');
  if (superscript.test(piece)) plain = previous.wasSuperscript ? plain : `^${plain}`;
  else if (vulgarFraction.test(piece) && /\d$/.test(previous.text)) plain = ` ${plain}`;
  return keepCase ? plain : plain.toLowerCase();
}

/**
 * NFKC, one form of quotes and dashes, invisible characters gone, superscripts as `^…`, lower case unless `keepCase`.
 * Every character keeps the place it came from, so that a match can be shown as an exact slice of the original.
 */
export function normalise(original: string, options: { keepCase?: boolean } = {}): NormalisedText {
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let wasSuperscript = false;
  for (const match of original.matchAll(cluster)) {
    const piece = match[0];
    const plain = convert(piece, { text, wasSuperscript }, options.keepCase ?? false);
    wasSuperscript = superscript.test(piece);
    text += plain;
    for (let i = 0; i < plain.length; i++) {
      starts.push(match.index);
      ends.push(match.index + piece.length);
    }
  }
  return { original, text, starts, ends };
}

/** The exact slice of the original behind `[from, to)` of the normalised text. */
export function spanOf(normalised: NormalisedText, from: number, to: number): { start: number; end: number; quote: string } {
  const start = normalised.starts[from] ?? normalised.original.length;
  const end = normalised.ends[to - 1] ?? start;
  return { start, end, quote: normalised.original.slice(start, end) };
}

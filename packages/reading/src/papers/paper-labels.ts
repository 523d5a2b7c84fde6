import type { PaperRow, PaperWord } from './paper-rows.ts';

/** How parts are numbered: (a), (A), (i). Capital letters are as often the options of a multiple choice. */
export type PartStyle = 'letter' | 'capital' | 'roman';

/** A word at the start of a row, where a number may stand. */
export interface StartToken {
  text: string;
  left: number;
  /** Nothing that could be a word of the question: a number, a part, or what a tick made of one. */
  noise: boolean;
  /** How many words of the row it is: 0 for a stroke beside them, 2 for "Q. 5". */
  words: number;
  keyword: boolean;
}

const keyword = /^\W*(?:questions?|ques|que|qn|q|problem|task|exercise|aufgabe|frage|exercice|pregunta|ejercicio)\W*(?:no\b\W*)?/iu;
const keywordAlone =
  /^(?:(?:basic|advanced)\s+)?(?:questions?|ques|que|qn|q|problem|task|exercise|aufgabe|frage|exercice|pregunta|ejercicio)\W*$/iu;
/** Short words that begin a sentence as well as a misread number would. */
const shortWords = new Set(
  'a an i in is it if of on or to the and as at by do for how let my no not so two one use via was we who why with are be but can has from give find draw list name what when that this has dna rna cpu xor sql der die das ein zu im le la un une el los'.split(
    ' ',
  ),
);
/** Probabilities below which a word of one or two, up to four, more letters may be what a tick made of a number. */
const doubtful = { two: 0.75, four: 0.63, more: 0.33 };

/** Which digits a character may be in place of; ticks through a 4 make it an A, through a 5 an S. */
const digitShapes: Record<string, string> = {
  0: 'oOQD',
  1: 'lIi|!JjtL',
  2: 'zZ',
  3: '',
  4: 'A',
  5: 'sS',
  6: 'bG',
  7: 'TJ',
  8: 'B',
  9: 'gq',
};

const romans = ['', 'i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x', 'xi', 'xii', 'xiii', 'xiv', 'xv'];

/** `a`, `B`, `iii`: as papers write a part. */
export function partName(style: PartStyle, index: number): string {
  if (style === 'roman') return romans[index] ?? String(index);
  return String.fromCharCode((style === 'capital' ? 64 : 96) + index);
}

/** The first words of a row, and strokes that stand before them, as far as a number and a part may reach. */
export function startTokens(row: PaperRow): StartToken[] {
  const tokens: StartToken[] = [];
  const first = row.words[0];
  const strokes = row.strokes.filter(({ box }) => first !== undefined && box[0] < first.box[0] + row.letter);
  for (const stroke of strokes.slice(0, 2)) tokens.push({ text: stroke.text, left: stroke.box[0], noise: true, words: 0, keyword: false });
  for (let at = 0; at < Math.min(4, row.words.length); at += 1) {
    const word = row.words[at];
    if (!word) break;
    const next = row.words[at + 1];
    const second = row.words[at + 2];
    if (tokens.length === 0 && next && keywordAlone.test(word.text) && /^\W*[\dlIS]/.test(next.text)) {
      tokens.push({ text: next.text, left: word.box[0], noise: true, words: 2, keyword: true });
      at += 1;
    } else if (tokens.length === 0 && next && second && keywordAlone.test(`${word.text} ${next.text}`) && /^\W*\d/.test(second.text)) {
      tokens.push({ text: second.text, left: word.box[0], noise: true, words: 3, keyword: true });
      at += 2;
    } else {
      const rest = word.text.replace(keyword, '');
      const glued = tokens.length === 0 && rest !== word.text && /^\d/.test(rest);
      tokens.push({ text: glued ? rest : word.text, left: word.box[0], noise: glued || isNoise(word), words: 1, keyword: glued });
    }
  }
  return tokens;
}

/** True for what is not surely a word of a sentence. */
export function isNoise({ text, confidence }: Pick<PaperWord, 'text' | 'confidence'>): boolean {
  const bare = text.replace(/^[("“'‘«]+|[)"”'’.,;:?!»]+$/gu, '');
  if (/^[\p{L}\p{M}]+(?:[-'’][\p{L}\p{M}]+)*$/u.test(bare) && /^["“'‘(]?\p{L}[\p{L}'’-]*["”'’)]?[.,;:?!]?$/u.test(text)) {
    if (shortWords.has(bare.toLowerCase())) return false;
    if (bare.length >= 6) return false;
    return confidence < (bare.length <= 2 ? doubtful.two : bare.length <= 4 ? doubtful.four : doubtful.more);
  }
  return bare.length <= 7 || confidence < doubtful.four;
}

/** What stands behind the digits of a number in one word: "1(a)" leaves "(a)". Null when the word does not begin with a number. */
export function behindNumber(text: string): string | null {
  const found = /^\W*\d{1,2}\W*?((?:[([]?(?:[a-hA-H]|[ivxIVX]{1,5})[)\].:]?|[([](?:\p{L}|\d{1,2})[)\]].*))$/u.exec(text);
  return found?.[1] ?? null;
}

/** How well a word says the number `n`: 3 for "7.", less for bare or damaged ones; null when it says something else. */
export function scoreNumber({ text, keyword: named }: Pick<StartToken, 'text' | 'keyword'>, n: number): number | null {
  const digits = String(n);
  const bonus = named ? 1 : 0;
  const plain = /^([^\p{L}\p{N}]*)0?(\d{1,2})([^\p{L}\p{N}]*)$/u.exec(text);
  if (plain) {
    if (plain[2] !== digits) return insideNoise(text, digits);
    const marks = plain[3] ?? '';
    const clean = /^[([]?$/.test(plain[1] ?? '');
    if (/^\s?[.)\]:]+[-–]?$/.test(marks)) return (clean ? 3 : 2.3) + bonus;
    return (marks === '' ? (clean ? 1.4 : 1.1) : 1.6) + bonus;
  }
  const withPart = /^\W{0,2}(\d{1,2})(?=\W?[([]?\p{L})/u.exec(text);
  // "3a" alone may as well be a thing of the text.
  if (withPart) return withPart[1] === digits && behindNumber(text) !== null ? (/[)\].:]/.test(text) ? 2.2 : 1.2) + bonus : null;
  const bare = text.replace(/^[^\p{L}\p{N}|!]+|[^\p{L}\p{N}|!]+$/gu, '');
  if (bare.length === digits.length && bare !== text && [...digits].every((digit, i) => looksLike(bare[i] ?? '', digit)))
    return 1.2 + bonus;
  return insideNoise(text, digits);
}

/** The score of a number that stands there clearly, whichever it is; null for anything less. */
export function scoreSure(text: string): number | null {
  const digits = /\d{1,2}/.exec(text)?.[0];
  const score = digits === undefined ? null : scoreNumber({ text, keyword: false }, Number(digits));
  return score !== null && score >= 2.2 ? score : null;
}

/** "{.2¢_|" and "(47>": the digits stand between strokes. */
function insideNoise(text: string, digits: string): number | null {
  return text.length <= 8 && text.includes(digits) && !/\p{L}{3}/u.test(text) ? 0.7 : null;
}

const looksLike = (char: string, digit: string): boolean => char === digit || (digitShapes[digit] ?? '').includes(char);

/** How well a word says a part: 2.5 for "(b)" and "iii)", less for damaged ones ("jii)", "il)", "iif"); null when it says something else. */
export function scorePart(text: string, style: PartStyle, index: number): number | null {
  const name = partName(style, index);
  const core = /^([^\p{L}\p{N}]*)([\p{L}\p{N}|!]{1,6})([^\p{L}\p{N}]*)/u.exec(text);
  if (!core) return null;
  const [whole, before = '', inner = '', after = ''] = core;
  const closed = /^[)\]}.:>]/.test(after);
  const glued = text.length > whole.length;
  const same = style === 'capital' ? inner === name : inner.toLowerCase() === name && (style === 'roman' || inner === inner.toLowerCase());
  if (same) {
    if (!closed) return style === 'roman' || /[([]/.test(before) ? 0.9 : null;
    if (glued && !/^[)\]}]/.test(after)) return null;
    return /^[([]?$/.test(before) ? 2.5 : 2;
  }
  if (style !== 'roman' || glued || text.length > 8) return null;
  return scoreDamagedRoman(inner, after, name);
}

/** Ticks through small roman numbers: j, l, 1, t, f for an i, y, g and a slash for the bracket, a stroke more or less. */
function scoreDamagedRoman(inner: string, after: string, name: string): number | null {
  let shape = inner
    .toLowerCase()
    .replace(/[jl1|!tfd]/g, 'i')
    .replace(/[uw]/g, 'v');
  const closed = /^[)\]}.:/>]/.test(after) || /[ygp]$/.test(shape);
  shape = shape.replace(/[ygp]$/, '');
  if (!/^[ivx]+$/.test(shape)) return null;
  if (shape === name) return closed ? 1.6 : 1;
  const off = Math.abs(shape.length - name.length);
  return off <= 1 && /^i+$/.test(shape) && /^i+$/.test(name) ? (closed ? 0.8 : 0.4) : null;
}

/** A number that is surely read keeps "1. Answer any four of the following" a question. */
export function hasNumber(tokens: readonly StartToken[]): boolean {
  const first = tokens[0];
  if (!first) return false;
  const digits = /\d{1,2}/.exec(first.text)?.[0];
  return digits !== undefined && (scoreNumber(first, Number(digits)) ?? 0) >= 2.2;
}

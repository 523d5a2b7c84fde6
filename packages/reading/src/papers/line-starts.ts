import type { Columns } from './paper-columns.ts';
import { type PartStyle, scoreNumber, scorePart, scoreSure } from './paper-labels.ts';
import type { PaperLine } from './paper-lines.ts';
import { isReadable } from './paper-rows.ts';
import { weigh } from './structure-weights.ts';

export interface PartPlace {
  style: PartStyle;
  index: number;
}

/** What begins on a line. */
export interface Start {
  kind: 'question' | 'part' | 'sub';
  number: number;
  part: PartPlace | null;
  sub: PartPlace | null;
  /** Stands below an "OR". */
  alternative: boolean;
  /** Words of the line that are its number. */
  labelWords: number;
  /** How sure its number was read: 3 as printed, 0 only from what stands around it. */
  evidence: number;
}

export interface ScoredStart extends Start {
  score: number;
}

/** What has been begun above a line, as far as it matters for what may begin on it. */
export interface OpenPlace {
  /** 0 before the first question. */
  number: number;
  part: PartPlace | null;
  sub: PartPlace | null;
  section: number;
  /** An "OR" stands above this line. */
  or: boolean;
}

const styles: PartStyle[] = ['letter', 'roman', 'capital'];

/** Everything that may begin here, with what speaks for it. */
export function* startsOf(h: OpenPlace, line: PaperLine, view: LineView): Generator<ScoredStart> {
  yield* questionStarts(h, line, view);
  if (h.number === 0) return;
  yield* partStarts(h, view);
  if (h.or)
    yield {
      ...blank(h),
      kind: h.part ? 'part' : 'question',
      part: h.part,
      sub: null,
      alternative: true,
      labelWords: 0,
      evidence: 0.5,
      score: weigh.alternativeUnlabelled,
    };
}

const blank = (h: OpenPlace): ScoredStart => ({
  kind: 'question',
  number: h.number,
  part: null,
  sub: null,
  alternative: h.or,
  labelWords: 0,
  evidence: 0,
  score: 0,
});

export interface LineView {
  tokens: PaperLine['tokens'];
  /** Bonus of a token that stands where numbers, where parts stand. */
  asNumber(index: number): number;
  asPart(index: number): number;
  /** Words up to and with the token. */
  wordsTo(index: number): number;
  /** Cost of a text that begins small. */
  text(words: number): number;
  room: number;
  /** Cost of a number without the word that this paper announces its questions with. */
  unnamed: number;
  /** Enough of a sentence behind the first words to be a question whose number was lost. */
  readable: boolean;
  /** Cost of taking noise for a part; null on papers that have none. */
  noisePart: number | null;
  /** Cost of numbering parts otherwise than the paper does. */
  style(style: PartStyle): number;
  styleIs(style: PartStyle): boolean;
}

export function viewLine(line: PaperLine, columns: Columns): LineView {
  const { row, tokens, words } = line;
  const bonus = (column: ((y: number) => number) | null, index: number): number => {
    const left = tokens[index]?.left;
    if (column === null || left === undefined) return 0;
    const off = Math.abs(left - column(row.middle)) / row.letter;
    return off < 1.5 ? weigh.inColumn : off > 3 ? weigh.offColumn : 0;
  };
  const number = columns.number(row.page);
  const part = columns.part(row.page);
  return {
    tokens,
    asNumber: (index) => bonus(number, index),
    asPart: (index) => bonus(part, index),
    wordsTo: (index) => tokens.slice(0, index + 1).reduce((sum, token) => sum + token.words, 0),
    text: (from) => (/^[\p{Ll}]{2}/u.test(words[from]?.text ?? '') ? weigh.smallLetterFollows : 0),
    unnamed: columns.keywordsRule && !(tokens[0]?.keyword ?? false) ? weigh.withoutKeyword : 0,
    readable: !line.typed && isReadable(words.slice(1)),
    noisePart: columns.style !== null ? 0 : columns.known ? null : weigh.noStyleYet,
    styleIs: (style) => columns.style === style,
    // Capitals are the options of a choice beside any other numbering.
    style: (style) => (style === 'capital' || columns.style === null || columns.style === style ? 0 : weigh.otherStyle),
    room: line.afterNotice ? weigh.roomAbove : row.room === null ? 0 : row.room > 1.35 ? weigh.roomAbove : weigh.noRoomAbove,
  };
}

/** Number alone, number and first part, and a first part whose number is lost. */
function* questionStarts(h: OpenPlace, line: PaperLine, view: LineView): Generator<ScoredStart> {
  const first = view.tokens[0];
  const expected = h.number + 1;
  const candidates = new Set([expected]);
  if (line.section !== h.section || h.number === 0) candidates.add(1);
  for (const token of view.tokens.slice(0, 2)) {
    const printed = /\d{1,2}/.exec(token.text)?.[0];
    if (printed !== undefined && Number(printed) > 0) candidates.add(Number(printed));
  }
  if (h.or) candidates.add(h.number);
  for (const number of candidates) {
    const order = orderScore(h, number, line.section);
    if (order === null) continue;
    const base = { ...blank(h), number };
    const read = first ? scoreNumber(first, number) : null;
    const options: Array<{ evidence: number; score: number; next: number }> = [];
    const second = view.tokens[1];
    const behind = read === null && first?.noise && second ? scoreNumber(second, number) : null;
    if (read !== null) options.push({ evidence: read, score: read + view.asNumber(0), next: 1 });
    else if (behind !== null && behind >= 2.2) options.push({ evidence: behind, score: behind - 0.4 + view.asNumber(1), next: 2 });
    else if (view.readable && (number === expected || number === 1)) {
      const other = first !== undefined && scoreSure(first.text) !== null;
      const sign = other ? weigh.otherNumber : weigh.noisyNumber;
      if (first?.noise) options.push({ evidence: 0.4, score: sign + view.asNumber(0), next: 1 });
      options.push({ evidence: 0, score: weigh.absentNumber, next: 0 });
    }
    for (const { evidence, score, next } of options) {
      const total = score + order + view.room + view.unnamed;
      const words = next === 0 ? 0 : view.wordsTo(next - 1);
      yield { ...base, labelWords: words, evidence, score: total + view.text(words) };
      for (const style of styles) {
        const part = { style, index: 1 };
        for (const option of partOptions(view, style, 1, next)) {
          const lost = evidence === 0 && option.evidence >= 0.8 ? weigh.absentBeforePart - weigh.absentNumber : 0;
          const sure = evidence === 0 ? option.evidence / 2 : evidence;
          yield { ...base, part, labelWords: option.words, evidence: sure, score: total + lost + option.score + view.style(style) };
        }
        if (view.styleIs(style) && view.readable)
          yield { ...base, part, labelWords: words, evidence, score: total + view.text(words) + weigh.absentFirstPart };
      }
    }
  }
}

/** Cost of the place of a number in the sequence; null where it cannot stand. */
function orderScore(h: OpenPlace, number: number, section: number): number | null {
  if (h.number === 0) return number === 1 ? 0 : section > 0 ? weigh.notOneBelowHeading : Math.max(-3, weigh.firstIsNotOne * (number - 1));
  if (number > h.number) return number - h.number > 4 ? null : weigh.skipped * (number - h.number - 1);
  if (h.or && number === h.number) return 0;
  if (number === 1 && section !== h.section) return -0.3;
  return weigh.repeatedNumber * 2;
}

/** A part whose label is the token at `from`, or whose label is lost. */
function partOptions(
  view: LineView,
  style: PartStyle,
  index: number,
  from: number,
): Array<{ words: number; evidence: number; score: number }> {
  const token = view.tokens[from];
  const options: Array<{ words: number; evidence: number; score: number }> = [];
  if (token && from > 0) {
    const glued = gluedPart(view, from - 1, style, index);
    if (glued !== null) return [{ words: view.wordsTo(from - 1), evidence: glued, score: glued }];
  }
  const read = token ? scorePart(token.text, style, index) : null;
  if (token && read !== null)
    options.push({ words: view.wordsTo(from), evidence: read, score: read + view.asPart(from) + view.text(view.wordsTo(from)) });
  else if (token?.noise && style !== 'capital' && view.readable && view.noisePart !== null)
    options.push({
      words: view.wordsTo(from),
      evidence: 0.3,
      score: weigh.noisyPart + view.noisePart + view.asPart(from) + view.text(view.wordsTo(from)),
    });
  return options;
}

/** "1(a)" and "5a)" in one word. */
function gluedPart(view: LineView, at: number, style: PartStyle, index: number): number | null {
  const rest = /^\W*\d{1,2}[.)\]]?\s?([([]?\p{L}{1,4}[)\].:]?)/u.exec(view.tokens[at]?.text ?? '')?.[1];
  if (rest === undefined) return null;
  const closed = /[)\].:]$/.test(rest) ? rest : `${rest})`;
  return scorePart(closed, style, index);
}

/** The next part of the open question, the first one below its text, and sub-parts. */
function* partStarts(h: OpenPlace, view: LineView): Generator<ScoredStart> {
  const base = blank(h);
  const next = (place: PartPlace | null): Array<{ place: PartPlace; cost: number }> =>
    place === null
      ? styles.map((style) => ({ place: { style, index: 1 }, cost: 0 }))
      : [
          { place: { style: place.style, index: place.index + 1 }, cost: 0 },
          { place: { style: place.style, index: place.index + 2 }, cost: weigh.skippedPart },
          ...(h.or ? [{ place, cost: 0 }] : []),
        ];
  for (const { place, cost } of next(h.part)) {
    for (const option of startOptions(view, place))
      yield {
        ...base,
        kind: 'part',
        part: place,
        labelWords: option.words,
        evidence: option.evidence,
        score: option.score + cost + view.style(place.style),
      };
  }
  if (h.part === null) return;
  for (const { place, cost } of next(h.sub)) {
    if (place.style === h.part.style) continue;
    // Lists inside a part are common, sub-parts are not: their first must be read for sure.
    for (const option of startOptions(view, place).filter(({ evidence }) => evidence >= (place.index === 1 ? 1.6 : 0.8)))
      yield {
        ...base,
        kind: 'sub',
        part: h.part,
        sub: place,
        labelWords: option.words,
        evidence: option.evidence,
        score: option.score + cost - 0.4,
      };
  }
}

function startOptions(view: LineView, place: PartPlace): Array<{ words: number; evidence: number; score: number }> {
  const options = partOptions(view, place.style, place.index, 0);
  const first = view.tokens[0];
  if (first?.noise && scoreSure(first.text) === null)
    for (const option of partOptions(view, place.style, place.index, 1))
      if (option.evidence >= 0.8) options.push({ ...option, score: option.score - 0.4 });
  if (place.style !== 'capital' && place.index > 1 && view.readable)
    options.push({ words: 0, evidence: 0, score: weigh.absentPart + view.text(0) });
  return options;
}

/** What a string may say about marks. */
export interface MarkReading {
  value: number;
  /** How much had to be guessed: 0 as printed, up to 1. */
  cost: number;
}

/** "5x2=10": marks of several questions of one kind. */
export interface MarkProduct {
  factors: [number, number];
  total: number;
}

/** Characters that stand for digits where only marks can stand. */
const lookAlikes: Record<string, string> = {
  S: '5',
  s: '5',
  l: '1',
  I: '1',
  i: '1',
  '|': '1',
  '!': '1',
  ']': '1',
  O: '0',
  o: '0',
  Z: '2',
  z: '2',
  B: '8',
  g: '9',
  q: '9',
  T: '7',
  '?': '7',
};
/** No question carries more; a larger number is a year, a course or two numbers without their plus. */
const maxMark = 100;
/** One question hardly ever carries more; larger numbers at the end of a row mostly belong to its text. */
const rarelyMore = 20;
const number = String.raw`\d{1,3}(?:[.,]\d{1,2})?`;
const product = new RegExp(String.raw`(${number})\s*[x×X*✕]\s*(${number})(?:\s*=\s*(${number}))?`);
const sumOnly = new RegExp(String.raw`^(${number}(?:\s*\+\s*${number})*)(?:\s*=\s*(${number}))?$`);

const toNumber = (text: string): number => Number(text.replace(',', '.'));

/** "5x2=10", "12 x 5 = 60", "(2.5×4)"; the first in the text, also where digits were read as letters. Null without. */
export function findProduct(text: string): (MarkProduct & { index: number; length: number }) | null {
  const exact = product.exec(text);
  if (exact) {
    const factors: [number, number] = [toNumber(exact[1] ?? ''), toNumber(exact[2] ?? '')];
    const total = exact[3] === undefined ? factors[0] * factors[1] : toNumber(exact[3]);
    return { ...settle(factors, total), index: exact.index, length: exact[0].length };
  }
  return garbledProduct(text);
}

/** With total and one factor the other follows: "qxS=15" is 3 × 5. */
function garbledProduct(text: string): (MarkProduct & { index: number; length: number }) | null {
  const found = /(?<![\p{L}\d])([\p{L}\d|!]{1,2})\s?[xX×*sS%¥«»]\s?([\p{L}\d|!]{1,2})\s?=\s?(\d{1,3})(?!\d)/u.exec(text);
  if (!found) return null;
  const total = Number(found[3]);
  const [a, b] = [found[1] ?? '', found[2] ?? ''].map((side) =>
    [...side].map((char) => (/\d/.test(char) ? char : (lookAlikes[char] ?? '?'))).join(''),
  );
  const place = { index: found.index, length: found[0].length };
  for (const [known, swapped] of [
    [Number(b), false],
    [Number(a), true],
  ] as const) {
    if (!(known > 0) || total % known !== 0) continue;
    const other = total / known;
    return { factors: swapped ? [known, other] : [other, known], total, ...place };
  }
  return null;
}

/** A total that contradicts its factors is believed where one factor divides it: single digits are misread more often than sums. */
function settle([a, b]: [number, number], total: number): MarkProduct {
  if (a * b === total || total <= 0) return { factors: [a, b], total: a * b };
  if (b > 0 && total % b === 0 && total / b <= 20) return { factors: [total / b, b], total };
  if (a > 0 && total % a === 0 && total / a <= 20) return { factors: [a, total / a], total };
  return { factors: [a, b], total: a * b };
}

/** "5", "2.5", "1+5", "2+3=5", exactly as printed; null for anything else. */
export function readMark(text: string): number | null {
  const found = sumOnly.exec(text.trim());
  if (!found) return null;
  const sum = (found[1] ?? '').split('+').reduce((total, part) => total + toNumber(part.trim()), 0);
  const stated = found[2] === undefined ? sum : toNumber(found[2]);
  const value = Math.abs(stated - sum) < 0.01 ? sum : stated;
  // Marks go in quarters; "2.52" is two numbers.
  return value > 0 && value <= maxMark && Number.isInteger(value * 4) ? value : null;
}

/**
 * What a word of the marks column may say, cheapest first: strokes of rules around it ("[5", "5|"), letters for digits ("S"), and a plus
 * that was read as a 4 or left out ("342" is 3+2, "1455" is 1+4+5… or 1+5+5). Empty when it can be no mark.
 */
export function guessMarks(text: string): MarkReading[] {
  const bare = text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\]|!?]+$/gu, '');
  const guesses = new Map<number, number>();
  const add = (value: number | null, cost: number) => {
    if (value !== null && value <= maxMark) guesses.set(value, Math.min(cost, guesses.get(value) ?? Infinity));
  };
  // "1+" has lost a part of itself.
  const torn = /^\W*\+|\+\W*$/.test(text) ? 0.8 : 0;
  const candidates: Array<[string, number]> = [
    [text.trim(), 0],
    [bare, 0.1],
    [bare.replace(/[\]|!?]+$/, ''), 0.1],
    [spellDigits(bare), 0.3],
    [bare.replace(/^(\d{1,2})[\p{L}]$/u, '$1'), 0.3],
  ];
  for (const [candidate, cost] of candidates) {
    if (candidate.length > 12) continue;
    const value = readMark(candidate);
    if (value !== null) add(value, cost + torn + (value > rarelyMore ? 1.2 : 0));
    for (const spread of withPluses(candidate)) add(readMark(spread), cost + 0.35);
  }
  // "1+4=5" in four digits: both signs were read as digits, or one was lost.
  const [a, b, c, d] = /^\d{4}$/.test(bare) ? [...bare].map(Number) : [];
  if (a !== undefined && d !== undefined && (a + (b ?? 0) === d || a + (c ?? 0) === d)) add(d, 0.6);
  return [...guesses].map(([value, cost]) => ({ value, cost })).sort((a, b) => a.cost - b.cost);
}

function spellDigits(text: string): string {
  return [...text].map((char) => lookAlikes[char] ?? char).join('');
}

/** "342" → "3+2", "343" → "3+3", "14441" → "1+4+1": every second digit a 4 in an odd run of digits. */
function withPluses(text: string): string[] {
  const spelled = spellDigits(text);
  if (!/^\d(?:[4+t]\d)+$/.test(spelled)) return [];
  return [[...spelled].map((char, i) => (i % 2 === 1 ? '+' : char)).join('')];
}

/**
 * Marks written into the text: "[5]", "(5 marks)", "[2+2=4]", "5 marks", "(2 points)", "5M" at the end, "[5 Marks, CO1]". `product` where it is one.
 * A bare number in round brackets counts at the end of the text only. Null when there are none; `index` and `length` say where they stand.
 */
export function findInlineMark(text: string): { value: number; product: MarkProduct | null; index: number; length: number } | null {
  const sum = String.raw`${number}(?:\s*[+]\s*${number})*(?:\s*=\s*${number})?`;
  const times = String.raw`${number}\s*[x×X*]\s*${number}(?:\s*=\s*${number})?`;
  const unit = String.raw`(?:marks?|mks?|points?|pts?|poäng|p|m)\b\.?`;
  const patterns = [
    new RegExp(String.raw`[[({]\s*(${times}|${sum})\s*${unit}[^\])}]{0,20}[\])}]`, 'giu'),
    new RegExp(String.raw`(?<![\p{L}\p{N}\]_])\[\s*(${times}|${sum})\s*\](?!\s*=)`, 'gu'),
    new RegExp(String.raw`(?<=\s|^)[[({]\s*(${times}|${sum})\s*[\])}](?=[\s.:]*$)`, 'gu'),
    new RegExp(String.raw`\(\s*(${times})\s*\)`, 'gu'),
    new RegExp(String.raw`(?<=\s|^)(${times}|${sum})\s*(?:marks?|points?|pts)\b\.?(?=[\s).\]]*$)`, 'giu'),
    new RegExp(String.raw`(?<=\s)(${sum})\s*(?:m|p)\.?$`, 'giu'),
  ];
  const glued = /\(\s*(\d{1,2}[.,]5)(\d)\s*\)/.exec(text);
  if (glued) {
    // "(2.5x2)" whose small cross was lost.
    const factors: [number, number] = [toNumber(glued[1] ?? ''), Number(glued[2])];
    const total = factors[0] * factors[1];
    return { value: total, product: { factors, total }, index: glued.index, length: glued[0].length };
  }
  for (const pattern of patterns) {
    const found = [...text.matchAll(pattern)].at(-1);
    if (!found) continue;
    const inside = found[1] ?? '';
    const asProduct = findProduct(inside);
    const value = asProduct ? asProduct.total : readMark(inside);
    if (value === null || (pattern === patterns.at(-1) && value > rarelyMore)) continue;
    return {
      value,
      product: asProduct && { factors: asProduct.factors, total: asProduct.total },
      index: found.index,
      length: found[0].length,
    };
  }
  return null;
}

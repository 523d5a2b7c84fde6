import { parseNumberWords } from './number-words.ts';

/** A number as it stands in a text. */
export interface FoundNumber {
  value: number;
  /** Other readings: the comma as decimal sign or as thousands separator, a percent sign as a mere sign. */
  alternatives: number[];
  /** `[from, to)` in the text, without the unit. */
  from: number;
  to: number;
  /** A misread digit was repaired (O for 0), or an exponent that lost its height was assumed. */
  isRepaired: boolean;
}

const lookAlikes: Record<string, string> = { O: '0', o: '0', I: '1', l: '1', '|': '1', '!': '1', S: '5', s: '5', B: '8', Z: '2', z: '2' };
const lookAlikeWord = /(?<![\p{L}\p{N}])[\dOoIl|!SsBZz][\dOoIl|!SsBZz.,]*(?![\p{L}\p{N}])/gu;

const integer = String.raw`\d{1,3}(?:[ ']\d{3})+(?!\d)|\d+`;
const plain = String.raw`(?:${integer})(?:[.,]\d+)*|[.,]\d+`;
const exponent = String.raw`[eE](?<e>[+-]?\d{1,3})(?![\d\p{L}])|\s?[x*]\s?10\s?\^\s?[({]?(?<p>[+-]?\s?\d{1,3})[)}]?|\s?[x*]\s?10(?<m>[+-]\d{1,3})|\s?[x*]\s?10(?<l>\d{1,2})(?!\d)`;
const fraction = String.raw`\s(?<mn>\d+)\s?\/\s?(?<md>\d+)|\s?\/\s?(?<d>\d+(?:[.,]\d+)?)`;
const numberPattern = new RegExp(
  String.raw`(?<![\p{L}\d]|\d[.,])(?<sign>(?<![\p{L}\d)]\s?)[+-]\s?)?(?:10\s?\^\s?[({]?(?<bare>[+-]?\d{1,3})[)}]?|(?<n>${plain})(?:${exponent}|${fraction})?)(?<percent>\s?%)?`,
  'gu',
);

/**
 * All numbers of a text: signs, decimal comma or point, thousands, `1.6 x 10^-19`, `1.6e-19`, `10^3`, `1/4`, `2 1/2`, `25 %`, look-alike letters
 * among digits (unless the letters are a unit), and number words when there are no digits.
 */
export function parseNumbers(text: string, lang: string, isUnit: (letters: string) => boolean): FoundNumber[] {
  const { repaired, places } = repairDigits(text, isUnit);
  const found: FoundNumber[] = [];
  for (const match of repaired.matchAll(numberPattern)) {
    const number = readMatch(match, lang);
    if (!number) continue;
    const to = match.index + match[0].length;
    const isRepaired = number.isRepaired || places.some((place) => place >= match.index && place < to);
    found.push({ ...number, isRepaired, from: match.index, to });
  }
  return found.length > 0 ? found : parseNumberWords(text);
}

function repairDigits(text: string, isUnit: (letters: string) => boolean): { repaired: string; places: number[] } {
  const places: number[] = [];
  const repaired = text.replace(lookAlikeWord, (word, at: number) => {
    if (!/\d/.test(word) || !/[^\d.,]/.test(word)) return word;
    const tail = /\p{L}+$/u.exec(word)?.[0] ?? '';
    if (tail !== '' && isUnit(tail)) return word;
    return [...word]
      .map((character, index) => {
        const digit = lookAlikes[character];
        if (digit === undefined) return character;
        places.push(at + index);
        return digit;
      })
      .join('');
  });
  return { repaired, places };
}

function readMatch(match: RegExpMatchArray, lang: string): Pick<FoundNumber, 'value' | 'alternatives' | 'isRepaired'> | null {
  const groups = match.groups ?? {};
  const sign = groups.sign?.startsWith('-') ? -1 : 1;
  const readings = groups.bare !== undefined ? [10 ** Number(groups.bare)] : readDecimal(groups.n ?? '', lang);
  const power = groups.e ?? groups.p ?? groups.m ?? groups.l;
  let values = readings.map((value) => sign * value);
  if (power !== undefined) values = values.map((value) => Number(`${value}e${Number(power.replace(/\s/g, ''))}`));
  const denominator = groups.d !== undefined ? (readDecimal(groups.d, lang)[0] ?? 0) : Number(groups.md ?? 1);
  if (denominator === 0) return null;
  if (groups.d !== undefined) values = values.map((value) => value / denominator);
  if (groups.mn !== undefined) values = values.map((value) => value + (sign * Number(groups.mn)) / denominator);
  if (groups.percent !== undefined) values = [...values.map((value) => value / 100), ...values];
  const [value, ...alternatives] = values;
  if (value === undefined || !Number.isFinite(value)) return null;
  return { value, alternatives, isRepaired: groups.l !== undefined };
}

/** Readings of digits with separators, the likelier first. */
function readDecimal(digits: string, lang: string): number[] {
  const text = digits.replace(/[ ']/g, '');
  const separators = text.match(/[.,]/g) ?? [];
  const last = separators.at(-1);
  if (last === undefined) return [Number(text)];
  if (separators.length > 1) {
    const mixed = new Set(separators).size > 1;
    const whole = mixed ? text.slice(0, text.lastIndexOf(last)).replace(/[.,]/g, '') : text.replace(/[.,]/g, '');
    return [Number(mixed ? `${whole}.${text.slice(text.lastIndexOf(last) + 1)}` : whole)];
  }
  const decimal = Number(text.replace(',', '.'));
  const thousands = Number(text.replace(/[.,]/, ''));
  const looksLikeThousands = /^[1-9]\d{0,2}[.,]\d{3}$/.test(text);
  if (!looksLikeThousands) return [decimal];
  const isEnglish = lang.toLowerCase().startsWith('en');
  if (last === '.') return isEnglish ? [decimal] : [decimal, thousands];
  return isEnglish ? [thousands, decimal] : [decimal, thousands];
}

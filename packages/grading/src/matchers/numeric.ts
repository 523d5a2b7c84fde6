import type { Match } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { normalise, spanOf } from '../text/normalise.ts';
import { graded, notMet, type Outcome, unclear } from './outcome.ts';
import { type FoundNumber, parseNumbers } from './parse-numbers.ts';
import { isUnitSpelling, type ReadUnit, readUnit } from './units.ts';

export type NumericMatch = Extract<Match, { type: 'numeric' }>;

interface Candidate extends FoundNumber {
  unit: ReadUnit;
  /** End with the unit. */
  end: number;
}

interface Judgement {
  fraction: number;
  /** Less than 1 when only a second reading of the digits fits. */
  certainty: number;
  note: string;
}

/** Words and signs between two numbers that offer both as the answer. */
const hedge = /^\s*(?:or|oder|ou|,|;|\/|\|)\s*$/i;

/**
 * Decides a numeric criterion. Of several numbers those with the key's unit go first, then what stands behind the last `=`, then the last one. Right
 * within `tolerance` (the larger of abs and rel × value); a missing (`required`) or wrong unit costs `unitPenalty`; `nearMisses` give their fraction. A
 * right number that is not the final one, or offered beside others, is UNCLEAR. Unit and near-miss fractions hold whatever `partial` says.
 */
export function matchNumeric(match: NumericMatch, answer: AnswerText): Outcome {
  const normalised = { ...normalise(answer.visible, { keepCase: true }), original: answer.original };
  const candidates = findCandidates(match, normalised.text, answer.lang);
  if (candidates.length === 0) return notMet('No number was found in the answer.', 0.7);
  const { final, isHedged } = chooseFinal(candidates, normalised.text);
  const evidence = [spanOf(normalised, final.from, final.end)];
  const judged = judge(match, final);
  if (judged.fraction > 0 && isHedged) return unclear('Several numbers are offered as the answer.', { evidence });
  if (judged.fraction > 0) {
    const sure = candidates.length === 1 ? 0.97 : 0.9;
    return graded(judged.fraction, evidence, sure * judged.certainty * (final.isRepaired ? 0.9 : 1), judged.note);
  }
  const right = candidates.find((candidate) => judge(match, candidate).fraction > 0);
  if (right)
    return unclear('The right number stands in the answer, but another one is given as the result.', {
      evidence: [spanOf(normalised, right.from, right.end)],
    });
  return notMet('The number is not the expected one.', final.isRepaired ? 0.7 : 0.95, { decidedBy: evidence });
}

/**
 * The number that an answer gives as its result, in the key's own unit where the answer's unit is one of the key's, with any other unit beside it and with how it was judged;
 * null without a number, or when several are offered. Equal for answers that the key cannot tell apart: `5 km` and `5000 m`.
 */
export function resultOf(match: NumericMatch, answer: AnswerText): string | null {
  const { text } = normalise(answer.visible, { keepCase: true });
  const candidates = findCandidates(match, text, answer.lang);
  if (candidates.length === 0) return null;
  const { final, isHedged } = chooseFinal(candidates, text);
  if (isHedged) return null;
  const unit =
    final.unit.kind === 'known' ? match.units.find(({ symbol }) => final.unit.kind === 'known' && symbol === final.unit.symbol) : undefined;
  const value = unit && match.unit !== 'ignored' ? final.value * unit.factor + unit.offset : final.value;
  const shown = final.unit.kind === 'none' ? 'bare' : final.unit.kind === 'known' ? 'known' : final.unit.text;
  const { decision } = matchNumeric(match, answer);
  return [Number(value.toPrecision(12)), match.unit === 'ignored' ? '' : shown, decision].join(' ');
}

function findCandidates(match: NumericMatch, text: string, lang: string): Candidate[] {
  const symbols = match.units.map((unit) => unit.symbol);
  return parseNumbers(text, lang, (letters) => isUnitSpelling(letters, symbols)).map((number) => {
    const isPercent = text[number.to - 1] === '%' && symbols.includes('%');
    const from = isPercent ? text.lastIndexOf('%', number.to) : number.to;
    const unit = readUnit(text.slice(from), symbols);
    const before = symbols.find((symbol) => /^[$€£]$/.test(symbol) && text.slice(0, number.from).trimEnd().endsWith(symbol));
    if (unit.kind === 'none' && before !== undefined)
      return { ...number, unit: { kind: 'known', symbol: before, length: 0 }, end: number.to };
    return { ...(isPercent ? asPlainPercent(number) : number), unit, end: unit.kind === 'none' ? number.to : from + unit.length };
  });
}

/** Where `%` is a unit of the key, 25 % is 25. */
function asPlainPercent(number: FoundNumber): FoundNumber {
  const half = (number.alternatives.length + 1) / 2;
  const [value = number.value, ...alternatives] = number.alternatives.slice(half - 1);
  return { ...number, value, alternatives };
}

function chooseFinal(candidates: readonly Candidate[], text: string): { final: Candidate; isHedged: boolean } {
  const withUnit = candidates.filter((candidate) => candidate.unit.kind === 'known');
  const pool = withUnit.length > 0 ? withUnit : [...candidates];
  const result = text.search(/[=≈](?=[^=≈]*$)/);
  const behind = pool.filter((candidate) => candidate.from > result);
  const final = (result >= 0 && behind[0]) || (pool.at(-1) as Candidate);
  const others = behind.filter((candidate) => candidate.value !== final.value);
  const isHedged = others.some((other) => {
    const [left, right] = other.from < final.from ? [other, final] : [final, other];
    return hedge.test(text.slice(left.end, right.from));
  });
  return { final, isHedged: isHedged || (others.length > 4 && result < 0) };
}

function judge(match: NumericMatch, candidate: Candidate): Judgement {
  const values = [candidate.value, ...candidate.alternatives];
  let best: Judgement = { fraction: 0, certainty: 1, note: '' };
  values.forEach((value, index) => {
    const judged = judgeValue(match, value, candidate.unit);
    if (judged.fraction > best.fraction) best = { ...judged, certainty: index === 0 ? 1 : 0.75 };
  });
  return best;
}

function judgeValue(match: NumericMatch, value: number, unit: ReadUnit): Omit<Judgement, 'certainty'> {
  const known = unit.kind === 'known' ? match.units.find(({ symbol }) => symbol === unit.symbol) : undefined;
  const converted = known && match.unit !== 'ignored' ? value * known.factor + known.offset : value;
  const unitIsFaulty =
    match.units.length > 0 && ((match.unit === 'required' && !known) || (match.unit === 'optional' && unit.kind === 'other'));
  const unitShare = unitIsFaulty ? 1 - match.unitPenalty : 1;
  const unitNote = unitIsFaulty ? ' The unit is missing or wrong.' : '';
  if (isWithin(converted, match.value, match.tolerance)) return { fraction: unitShare, note: `The number is right.${unitNote}` };
  const near = match.nearMisses.find((miss) => isWithin(converted, miss.value, match.tolerance));
  if (near) return { fraction: near.fraction * unitShare, note: `A near miss${near.note ? `: ${near.note}` : ''}.${unitNote}` };
  return { fraction: 0, note: '' };
}

function isWithin(value: number, expected: number, tolerance: NumericMatch['tolerance']): boolean {
  const allowed = Math.max(tolerance.abs ?? 0, (tolerance.rel ?? 0) * Math.abs(expected));
  return Math.abs(value - expected) <= allowed + 1e-9 * Math.abs(expected);
}

import type { PageReading } from '@gradeflow/contracts';
import { describeLines, mergeLines, type PlacedLines, type PlacedWord } from '../words/page-words.ts';
import { alignTokens, foldToken } from './align-tokens.ts';
import { interpolateBoxes } from './interpolate-boxes.ts';
import { type TranscribedLine, unreadableSign } from './transcribe.ts';
import { visionMark } from './types.ts';

/** Two that read apart from each other and agree: the chance that both made the same mistake is small. */
const agreedConfidence = 0.92;
/** The model's word where the engine read something alike; below 0.75, so that a mark that rests on it goes to a person. */
const alikeConfidence = 0.7;
/** The model's word where the engine read nothing or something else. Above 0.5: it is a reading and not a guess at anything. */
const aloneConfidence = 0.6;
/** The engine's word where the model can make out nothing. */
const disputedConfidence = 0.4;
/** A word of the engine at least this sure stands against a different word of the model: models put right what students wrote wrong. */
const engineIsSure = 0.9;
/** Words of three characters and more, at least this sure, must appear in a transcript of the same page, as such or misread … */
const mustAppear = 0.8;
/** … at least this share of them, when there are … */
const appearFrom = 0.5;
/** … at least this many. */
const enoughWords = 5;
/** A person need not look at the page when engine and model agree on this share of the words of either. */
const trustFrom = 0.8;

/** A word of the engine that the model was shown. */
type SeenWord = PlacedWord & { line: number /** In `page.words`. */; index: number };

export type MergedReading = { kind: 'merged'; reading: PageReading; agreement: number } | { kind: 'refused'; reason: string };

/**
 * The engine's and the model's reading of one page as one. Order and words are the model's, places the engine's; words in `hidden` (indexes into `page.words`), which the
 * model never saw, and lines that the engine is sure of and the model left out stay the engine's. Doubts stay unless the two agree on four words in five.
 * Refused: a transcript without words, and one that lacks half of what the engine is sure of.
 */
export function mergeReadings(
  page: PageReading,
  hidden: ReadonlySet<number>,
  transcript: readonly TranscribedLine[],
  model: string,
): MergedReading {
  const seen = page.words.flatMap((word, index) => (hidden.has(index) ? [] : [{ ...word, index }]));
  const tokens = transcript.flatMap(({ words }) => words);
  if (!tokens.some(isWordLike)) return { kind: 'refused', reason: 'no-text' };
  const partners = alignTokens(
    seen.map(({ text }) => text),
    tokens,
  );
  const partnerOf = (token: number) => seen[partners[token] ?? -1] ?? null;
  const places = new Map(partners.flatMap((partner, token) => (partner === null ? [] : [[seen[partner]?.index ?? -1, token] as const])));
  if (contradicts(seen, new Set(places.keys()), tokens)) return { kind: 'refused', reason: 'contradicts-the-engine' };
  const lines = readLines(page, seen, transcript, partnerOf);
  const merged = mergeLines(withHidden(page, hidden, lines, places), leftOut(page, seen, places, tokens));
  const agreed = tokens.filter((token, index) => isWordLike(token) && isSame(token, partnerOf(index)?.text)).length;
  const agreement = agreed / Math.max(1, tokens.filter(isWordLike).length, seen.filter(({ text }) => isWordLike(text)).length);
  const described = describeLines(merged);
  const base: PageReading = { ...page, ...described, engine: `${page.engine}${visionMark}${model}` };
  const reading = agreement >= trustFrom ? { ...base, doubts: [] } : withoutTrust(base);
  return { kind: 'merged', reading, agreement };
}

/** The usual estimate takes wrong words for misread ones, which are mostly right; a model's wrong words are other words. So lines are worth what their words are. */
function withoutTrust(reading: PageReading): PageReading {
  const lines = reading.lines.map((line, index) => {
    const words = reading.words.filter((word) => word.line === index);
    return { ...line, confidence: Math.min(line.confidence, words.reduce((sum, word) => sum + word.confidence, 0) / words.length) };
  });
  return { ...reading, lines, confidence: Math.min(reading.confidence, aloneConfidence) };
}

function isWordLike(text: string): boolean {
  return text === unreadableSign || /[\p{L}\p{N}]/u.test(text);
}

function isSame(token: string, other: string | undefined): boolean {
  return other !== undefined && foldToken(token) === foldToken(other);
}

/** Whether the transcript lacks what must be in it: paired with something alike, or anywhere in it letter by letter. */
function contradicts(seen: readonly SeenWord[], paired: ReadonlySet<number>, tokens: readonly string[]): boolean {
  const sure = seen.filter((word) => word.confidence >= mustAppear && /^[\p{L}\p{N}]{3,}$/u.test(foldToken(word.text)));
  if (sure.length < enoughWords) return false;
  const said = new Set(tokens.map(foldToken));
  return sure.filter(({ text, index }) => paired.has(index) || said.has(foldToken(text))).length < appearFrom * sure.length;
}

/** The transcript's lines with places and confidences. */
function readLines(
  page: PageReading,
  seen: readonly PlacedWord[],
  transcript: readonly TranscribedLine[],
  partnerOf: (token: number) => PlacedWord | null,
): PlacedLines {
  let token = 0;
  const lines = transcript.map(({ words, confidence }) => words.map((text) => ({ text, partner: partnerOf(token++), confidence })));
  const boxes = interpolateBoxes(
    lines.map((line) => line.map(({ text, partner }) => ({ text, box: partner?.box ?? null }))),
    { width: page.width, height: page.height, known: seen },
  );
  return lines.map((line, row) =>
    line.map(({ text, partner, confidence }, column) => ({
      ...judgeWord(text, partner, confidence ?? 1),
      box: boxes[row]?.[column] ?? [0, 0, 1, 1],
    })),
  );
}

function judgeWord(text: string, partner: PlacedWord | null, lineConfidence: number): { text: string; confidence: number } {
  if (text === unreadableSign)
    return partner ? { text: partner.text, confidence: Math.min(partner.confidence, disputedConfidence) } : { text, confidence: 0 };
  if (partner === null) return { text, confidence: Math.min(aloneConfidence, lineConfidence) };
  if (isSame(text, partner.text)) return { text, confidence: Math.max(partner.confidence, agreedConfidence) };
  if (partner.confidence >= engineIsSure) return { text: partner.text, confidence: alikeConfidence };
  return { text, confidence: Math.min(alikeConfidence, lineConfidence) };
}

/** Puts each run of hidden words behind the word that stands before it in the engine's line, else before the next one, else in a line of its own. */
function withHidden(page: PageReading, hidden: ReadonlySet<number>, lines: PlacedLines, tokenOf: ReadonlyMap<number, number>): PlacedLines {
  const flat = lines.flatMap((line, row) => line.map((word) => ({ row, words: [word] })));
  const alone: PlacedLines = [];
  for (const run of hiddenRuns(page, hidden)) {
    const words = run.map((index) => wordAt(page, index));
    const before = neighbour(page, run[0] ?? 0, -1, tokenOf);
    const after = neighbour(page, run.at(-1) ?? 0, 1, tokenOf);
    if (before !== null) flat[before]?.words.push(...words);
    else if (after !== null) flat[after]?.words.unshift(...words);
    else alone.push(words);
  }
  const filled = lines.map((_, row) => flat.flatMap((entry) => (entry.row === row ? entry.words : [])));
  return mergeLines(filled, alone);
}

function hiddenRuns(page: PageReading, hidden: ReadonlySet<number>): number[][] {
  const runs: number[][] = [];
  page.words.forEach((word, index) => {
    if (!hidden.has(index)) return;
    const last = runs.at(-1);
    const goesOn = last?.at(-1) === index - 1 && page.words[index - 1]?.line === word.line;
    if (last && goesOn) last.push(index);
    else runs.push([index]);
  });
  return runs;
}

/** The token of the word before (-1) or after (1) in the same line of the engine; null when there is none. */
function neighbour(page: PageReading, index: number, step: -1 | 1, tokenOf: ReadonlyMap<number, number>): number | null {
  const other = index + step;
  return page.words[other]?.line === page.words[index]?.line ? (tokenOf.get(other) ?? null) : null;
}

function wordAt(page: PageReading, index: number): PlacedWord {
  const { text, confidence, box } = page.words[index] as PlacedWord;
  return { text, confidence, box };
}

/**
 * Lines of the engine that are missing in the transcript: of the neighbours that were surely read, most neither have partners beside each other nor stand beside each
 * other anywhere in it. Neighbours and not words, since every word of a line may stand somewhere else on a long page.
 */
function leftOut(
  page: PageReading,
  seen: readonly SeenWord[],
  tokenOf: ReadonlyMap<number, number>,
  tokens: readonly string[],
): PlacedLines {
  const said = new Set(tokens.slice(1).map((token, index) => pairOf(tokens[index] ?? '', token)));
  const lines = new Map<number, SeenWord[]>();
  for (const word of seen) lines.set(word.line, [...(lines.get(word.line) ?? []), word]);
  const isFound = (first: SeenWord, second: SeenWord): boolean => {
    const [one, other] = [tokenOf.get(first.index), tokenOf.get(second.index)];
    return said.has(pairOf(first.text, second.text)) || (one !== undefined && other !== undefined && other - one <= 2);
  };
  const missing = [...lines.values()].filter((line) => {
    const pairs = line.slice(1).flatMap((word, index) => [[line[index] ?? word, word] as const]);
    const sure = pairs.filter((pair) => pair.every(({ text, confidence }) => confidence >= mustAppear && isWordLike(text)));
    return sure.filter(([first, second]) => !isFound(first, second)).length > sure.length / 2;
  });
  return missing.map((line) => line.map(({ index }) => wordAt(page, index)));
}

function pairOf(first: string, second: string): string {
  return `${foldToken(first)} ${foldToken(second)}`;
}

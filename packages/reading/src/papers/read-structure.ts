import { closingScore, countScore } from './closing-scores.ts';
import { type LineView, type PartPlace, type ScoredStart, type Start, startsOf, viewLine } from './line-starts.ts';
import { type Columns, findColumns } from './paper-columns.ts';
import { partName, scoreSure } from './paper-labels.ts';
import type { PaperLine } from './paper-lines.ts';
import type { ReadSection } from './sections.ts';
import { weigh } from './structure-weights.ts';

/** A line after it was decided what it is. */
export interface PlacedLine {
  line: PaperLine;
  start: Start | null;
  /** Marks it gives, and to which leaf: the one that goes on here, the one before, the one that begins next. */
  mark: { value: number; cost: number; to: 'this' | 'previous' | 'next' } | null;
  /** Belongs to no question: headings, instructions, headers and footers. */
  aside: boolean;
}
const beam = { width: 200, least: 30, fullUpToLines: 1_000 };
/** What lies this far behind the best reading of the lines so far does not come back. */
const beamDepth = 10;

interface Hypothesis {
  score: number;
  number: number;
  part: PartPlace | null;
  sub: PartPlace | null;
  section: number;
  /** An "OR" stands above this line. */
  or: boolean;
  /** The open leaf has its mark. */
  marked: boolean;
  leaves: number;
  marks: number;
  sum: number;
  /** Questions of the section so far. */
  count: number;
  /** Mark of the question's own text, above its parts. */
  stem: number | null;
  pending: number | null;
  previous: Hypothesis | null;
  placed: PlacedLine | null;
}
/**
 * Decides what begins on each line: the best reading of all lines together, since a number under a tick is known by its neighbours, by the
 * room above it, by its column and by marks that must add up. Beam search over the lines, twice: the second time the columns are known.
 */
export function readStructure(lines: readonly PaperLine[], sections: readonly ReadSection[]): PlacedLine[] {
  // Sections that print marks beside their questions; others say "5x2=10" once.
  const named = new Set(lines.flatMap(({ tokens }) => (tokens[0]?.keyword && scoreSure(tokens[0].text) !== null ? [tokens[0].text] : [])));
  const keywordsRule = named.size >= 3;
  const usesMarks = new Set(
    [...sections.keys()].filter(
      (index) => lines.filter(({ section, notice, marks }) => section === index && notice === null && marks.length > 0).length >= 2,
    ),
  );
  const first = search(lines, sections, usesMarks, { number: () => null, part: () => null, style: null, known: false, keywordsRule });
  return search(lines, sections, usesMarks, { ...findColumns(first), keywordsRule });
}

function search(
  lines: readonly PaperLine[],
  sections: readonly ReadSection[],
  usesMarks: ReadonlySet<number>,
  columns: Columns,
): PlacedLine[] {
  let open: Hypothesis[] = [
    {
      score: 0,
      number: 0,
      part: null,
      sub: null,
      section: -1,
      or: false,
      marked: false,
      leaves: 0,
      marks: 0,
      sum: 0,
      count: 0,
      stem: null,
      pending: null,
      previous: null,
      placed: null,
    },
  ];
  // A book of five hundred pages must not hold up its process for minutes.
  const width = Math.max(beam.least, Math.min(beam.width, Math.round((beam.width * beam.fullUpToLines) / lines.length)));
  const close = (h: Hypothesis) => closingScore(h, sections[h.section], usesMarks.has(h.section));
  const closeSection = (h: Hypothesis) => countScore(h.count, sections[h.section]);
  for (const line of lines) {
    const next = new Map<string, Hypothesis>();
    const starts = keepStarts(line, viewLine(line, columns));
    let ahead = Number.NEGATIVE_INFINITY;
    const keep = (hypothesis: Hypothesis) => {
      if (hypothesis.score < ahead - beamDepth) return;
      ahead = Math.max(ahead, hypothesis.score);
      const key = keyOf(hypothesis);
      const other = next.get(key);
      if (!other || other.score < hypothesis.score) next.set(key, hypothesis);
    };
    for (const hypothesis of open) for (const option of advance(hypothesis, line, starts, close, closeSection)) keep(option);
    const sorted = [...next.values()].sort((a, b) => b.score - a.score).slice(0, width);
    const depth = (sorted[0]?.score ?? 0) - beamDepth;
    open = sorted.filter(({ score }) => score >= depth);
  }
  // A paper that says what to answer has a question.
  const announced = sections.some(({ label, instruction }) => label !== '' || instruction !== null);
  for (const hypothesis of open) if (announced && hypothesis.number === 0) hypothesis.score += weigh.nothingFound;
  const best = open.map((hypothesis) => ({ hypothesis, score: hypothesis.score + close(hypothesis) })).sort((a, b) => b.score - a.score)[0];
  const placed: PlacedLine[] = [];
  for (let at: Hypothesis | null = best?.hypothesis ?? null; at?.placed; at = at.previous) placed.push(at.placed);
  return placed.reverse();
}

const placeKey = (place: PartPlace | null): string => (place ? partName(place.style, place.index) + place.style[0] : '-');
const keyOf = (h: Hypothesis): string =>
  `${h.number} ${placeKey(h.part)} ${placeKey(h.sub)} ${h.section} ${h.or} ${h.marked} ${h.leaves} ${h.marks} ${h.count} ${h.sum} ${h.stem} ${h.pending}`;

function* advance(
  h: Hypothesis,
  line: PaperLine,
  starts: (h: Hypothesis) => ScoredStart[],
  close: (h: Hypothesis) => number,
  closeSection: (h: Hypothesis) => number,
): Generator<Hypothesis> {
  const { notice } = line;
  if (notice) {
    const or = notice.kind === 'or' ? h.number > 0 : h.or;
    yield { ...h, or, previous: h, placed: { line, start: null, mark: null, aside: true } };
    return;
  }
  yield* withMarks({ ...h, score: h.score + (h.or ? weigh.goesOnAfterOr : 0), or: false }, h, line, null);
  if (line.words.length === 0) return;
  for (const start of starts(h)) {
    const opened = open(h, start, line.section, close);
    const ended = start.kind === 'question' && h.number > 0 && h.section !== line.section ? closeSection(h) : 0;
    if (opened) yield* withMarks({ ...opened, score: opened.score + start.score + ended }, h, line, start);
  }
}

/** The state after a start, before the line's own marks. */
function open(h: Hypothesis, start: ScoredStart, section: number, close: (h: Hypothesis) => number): Hypothesis | null {
  const fresh = { part: start.part, sub: start.sub, or: false, marked: false };
  if (start.kind === 'question') {
    const state = {
      ...h,
      ...fresh,
      score: h.score + (h.number === 0 ? 0 : close({ ...h, pending: null })),
      number: start.number,
      section,
      count: h.section === section ? h.count + 1 : 1,
      stem: null,
      marks: 0,
      sum: 0,
      leaves: start.part ? 1 : 0,
    };
    return takePending(state);
  }
  if (h.number === 0) return null;
  if (start.kind === 'part') {
    const leaves = h.leaves + 1;
    return takePending({ ...h, ...fresh, leaves });
  }
  // The first sub-part is the leaf that its part was until now; below a part that has its mark they share that mark.
  if (h.sub === null) return h.marked ? { ...h, ...fresh, marked: true } : { ...h, ...fresh };
  return h.marked && h.leaves === h.marks && h.leaves === 1
    ? { ...h, ...fresh, marked: true }
    : takePending({ ...h, ...fresh, leaves: h.leaves + (h.marked ? 1 : 0) });
}

/** A mark that stood above the first row of its question. */
function takePending(h: Hypothesis): Hypothesis {
  if (h.pending === null) return h;
  return give({ ...h, pending: null }, h.pending);
}

/** What may begin on a line is the same for all hypotheses that stand at the same place. */
function keepStarts(line: PaperLine, view: LineView): (h: Hypothesis) => ScoredStart[] {
  const kept = new Map<string, ScoredStart[]>();
  return (h) => {
    const key = `${h.number} ${placeKey(h.part)} ${placeKey(h.sub)} ${h.section} ${h.or}`;
    const known = kept.get(key);
    if (known) return known;
    const starts = [...startsOf(h, line, view)];
    kept.set(key, starts);
    return starts;
  };
}

/** Gives the open leaf a mark. */
function give(h: Hypothesis, value: number): Hypothesis {
  if (h.leaves === 0) return { ...h, stem: value, marked: true };
  return { ...h, marks: h.marks + 1, sum: Math.round((h.sum + value) * 100) / 100, marked: true };
}

/** The ways in which the line's marks may belong: to the leaf that is open, to the one before when this one has just begun, to the next. */
function* withMarks(h: Hypothesis, previous: Hypothesis, line: PaperLine, start: ScoredStart | null): Generator<Hypothesis> {
  const place = (state: Hypothesis, mark: PlacedLine['mark']): Hypothesis => ({
    ...state,
    previous,
    placed: { line, start: start && toStart(start), mark, aside: false },
  });
  const guesses = line.marks;
  if (guesses.length === 0 || h.number === 0) {
    yield place(h, null);
    return;
  }
  const surest = Math.min(...guesses.map(({ cost }) => cost));
  yield place({ ...h, score: h.score + (surest < 0.2 ? weigh.secondMark : weigh.secondMark / 3) }, null);
  for (const { value, cost } of guesses) {
    if (!h.marked) {
      const given = give(h, value);
      yield place({ ...given, score: given.score - cost + (start ? weigh.markAtStart : 0) }, { value, cost, to: 'this' });
    } else if (!start && h.pending === null) {
      yield place({ ...h, pending: value, score: h.score - cost + weigh.markTooEarly }, { value, cost, to: 'next' });
    }
    if (start?.kind === 'part' && !previous.marked && previous.leaves > 0) {
      const late = { ...h, marks: h.marks + 1, sum: Math.round((h.sum + value) * 100) / 100 };
      yield place({ ...late, score: late.score - cost + weigh.markTooLate }, { value, cost, to: 'previous' });
    }
  }
}

function toStart({ kind, number, part, sub, alternative, labelWords, evidence }: ScoredStart): Start {
  return { kind, number, part, sub, alternative, labelWords, evidence };
}

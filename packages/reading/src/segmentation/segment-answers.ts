import type { PageReading } from '@gradeflow/contracts';
import type { Segmentation, SegmentedAnswer, WordRange } from '../types.ts';
import { bestChain, type Chain, type ChainCandidate } from './best-chain.ts';
import { findFurniture } from './furniture.ts';
import { type NumberNode, numberTree } from './key-numbers.ts';
import { type Label, readLabel } from './labels.ts';
import { layOut, type SheetLine, type SheetText } from './sheet-text.ts';

/** A stretch of the sheet's text. */
interface Stretch {
  start: number;
  end: number;
}

interface Found {
  answers: Map<string, Stretch[]>;
  labels: Array<Stretch & { number: string | null }>;
  doubtful: Set<string>;
}

interface Candidate extends ChainCandidate {
  at: number;
  label: Label;
}

/**
 * Splits what was read into one answer for each of the key's `numbers` that is found. Pure, deterministic.
 *
 * Every word of every page ends in exactly one place: an answer, a label, or `unassigned` (text before the first number, page
 * headers and footers, text between a heading and its first part). When a place has room for one question only and shows no
 * number, all its text is that question's answer. The rule is the best chain of labels (best-chain.ts), first over the main
 * numbers, then over the parts inside each.
 */
export function segmentAnswers(pages: PageReading[], numbers: string[]): Segmentation {
  const tree = numberTree(numbers);
  const sheet = layOut(pages, (line) => readLabel(line, 0, tree)?.end === line.length);
  const furniture = findFurniture(sheet.lines, (line) => {
    const label = readLabel(line.text, 0, tree);
    return label !== null && label.style !== 'bare';
  });
  const lines = sheet.lines.filter((_, i) => !furniture.has(i));
  const found: Found = { answers: new Map(), labels: [], doubtful: new Set() };
  splitLevel(lines, [{ start: 0, end: sheet.text.length }], tree, 0, found);
  return assignWords(sheet, lines, numbers, found);
}

/** Finds the labels of one level inside `stretches` and goes down into the parts of each. */
function splitLevel(lines: SheetLine[], stretches: Stretch[], nodes: NumberNode[], depth: number, found: Found): void {
  const candidates = findCandidates(lines, stretches, nodes, depth);
  const chain = bestChain(candidates);
  const only = nodes.length === 1 ? nodes[0] : undefined;
  if (only && !beginsWithLabel(lines, candidates[chain.chosen[0] ?? -1])) {
    descend(lines, only, stretches, depth, found);
    return;
  }
  const taken = new Map<NumberNode, Stretch[]>();
  chain.chosen.forEach((chosen, i) => {
    const candidate = candidates[chosen];
    if (!candidate) return;
    const { node, end } = candidate.label;
    found.labels.push({ start: candidate.at, end, number: node.number });
    const next = candidates[chain.chosen[i + 1] ?? -1]?.at ?? Number.POSITIVE_INFINITY;
    const own = clip(stretches, end, next);
    taken.set(node, [...(taken.get(node) ?? []), ...own]);
  });
  for (const [node, own] of taken) descend(lines, node, own, depth, found);
  for (const number of doubtsOf(lines, candidates, chain, nodes, taken)) found.doubtful.add(number);
}

/** With a single question a number deep in the text is a list inside its answer. */
function beginsWithLabel(lines: SheetLine[], first: Candidate | undefined): boolean {
  if (!first) return false;
  const before = lines.filter((line) => line.end <= first.at).map((line) => line.text.split(' ').length);
  return before.reduce((sum, words) => sum + words, 0) <= 25;
}

function descend(lines: SheetLine[], node: NumberNode, own: Stretch[], depth: number, found: Found): void {
  if (node.children.length > 0) {
    const before = found.labels.length;
    splitLevel(lines, own, node.children, depth + 1, found);
    if (node.number === null) return;
    const firstPart = found.labels[before]?.start ?? Number.POSITIVE_INFINITY;
    addAnswer(found, node.number, clip(own, 0, firstPart));
  } else if (node.number !== null) addAnswer(found, node.number, own);
}

function addAnswer(found: Found, number: string, own: Stretch[]): void {
  found.answers.set(number, [...(found.answers.get(number) ?? []), ...own]);
}

function clip(stretches: Stretch[], from: number, to: number): Stretch[] {
  return stretches
    .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))
    .filter(({ start, end }) => start < end);
}

/** Labels at the starts of lines, and directly behind the heading; on the first level also "1. B  2. C" inside a line. */
function findCandidates(lines: SheetLine[], stretches: Stretch[], nodes: NumberNode[], depth: number): Candidate[] {
  return stretches.flatMap((stretch) =>
    lines
      .filter((line) => line.end > stretch.start && line.start < stretch.end)
      .flatMap((line) => {
        const from = Math.max(line.start, stretch.start);
        const behindHeading = from > line.start || (depth > 0 && from === stretch.start);
        const label = readLabel(line.text, from - line.start, nodes, { glued: behindHeading && depth > 0 });
        if (!label || (depth > 0 && label.style === 'bare' && !behindHeading)) return [];
        const first = toCandidate(line, from, label, nodes, false);
        if (behindHeading)
          return [{ ...first, ...(label.style === 'bare' && { style: 'glued', runsOn: false }), indent: 'flush' as const, gapAbove: null }];
        return depth === 0 ? [first, ...inlineCandidates(line, first, nodes)] : [first];
      }),
  );
}

function toCandidate(line: SheetLine, at: number, label: Label, nodes: NumberNode[], inline: boolean): Candidate {
  const { style, keyword, repaired, continued, part, runsOn } = label;
  const place = inline ? ({ gapAbove: null, indent: 'flush' } as const) : { gapAbove: line.gapAbove, indent: line.indent };
  const order = nodes.indexOf(label.node);
  return {
    at,
    label: { ...label, end: line.start + label.end },
    order,
    style,
    keyword,
    repaired,
    continued,
    part,
    runsOn,
    inline,
    ...place,
  };
}

/** "1. B  2. C  3. true": numbers that go on by one inside a line, each a few words behind the last. */
function inlineCandidates(line: SheetLine, first: Candidate, nodes: NumberNode[]): Candidate[] {
  const more: Candidate[] = [];
  let last = first;
  for (let at = last.label.end - line.start; at < line.text.length; at++) {
    if (line.text[at - 1] !== ' ') continue;
    const label = readLabel(line.text, at, nodes);
    if (!label || label.style !== last.style || label.style === 'bare' || label.repaired) continue;
    const between = line.text.slice(last.label.end - line.start, at).trim();
    if (nodes.indexOf(label.node) !== last.order + 1 || between === '' || between.split(' ').length > 4) continue;
    last = toCandidate(line, line.start + at, label, nodes, true);
    more.push(last);
    at = label.end - 1;
  }
  return more;
}

/** Numbers whose borders are unsure; see `Segmentation.doubtful`. */
function doubtsOf(
  lines: SheetLine[],
  candidates: Candidate[],
  chain: Chain,
  nodes: NumberNode[],
  taken: Map<NumberNode, Stretch[]>,
): string[] {
  const doubtful = new Set<NumberNode>(chain.backward.flatMap((order) => nodes[order] ?? []));
  const chosen = new Set(chain.chosen);
  const fitOfOrder = new Map<number, number>();
  for (const at of chain.chosen) {
    const order = candidates[at]?.order ?? -1;
    fitOfOrder.set(order, Math.max(fitOfOrder.get(order) ?? Number.NEGATIVE_INFINITY, chain.fit[at] ?? 0));
  }
  const holderOf = (at: number) => [...taken].find(([, own]) => own.some(({ start, end }) => start <= at && at < end))?.[0];
  candidates.forEach((candidate, i) => {
    if (chosen.has(i) || candidate.inline) return;
    const own = chain.fit[i] ?? 0;
    const rival = fitOfOrder.get(candidate.order);
    // A look-alike matters when it fits as well as the one that was taken, or when its question was not found at all.
    if (own <= 0 || (rival !== undefined && own < rival)) return;
    const holder = holderOf(candidate.at);
    if (holder) doubtful.add(holder);
    if (rival === undefined) doubtful.add(candidate.label.node);
  });
  for (const node of lostInside(lines, candidates, chain, nodes, taken)) doubtful.add(node);
  return [...doubtful].flatMap(numbersBelow);
}

/**
 * An unanswered number between two that were found may be one that was not read. Signs of that: more room than usual where it
 * should stand (a line that the engine did not see), or, where answers are set apart by room above them, such room inside the
 * answer before it (its number alone was not seen; then that answer is doubtful too).
 */
function lostInside(
  lines: SheetLine[],
  candidates: Candidate[],
  chain: Chain,
  nodes: NumberNode[],
  taken: Map<NumberNode, Stretch[]>,
): NumberNode[] {
  const found = chain.chosen.flatMap((at) => candidates[at] ?? []);
  const rooms = found.flatMap((candidate) => lineAt(lines, candidate.at)?.roomAbove ?? []).sort((a, b) => a - b);
  const usual = rooms[rooms.length >> 1] ?? 0;
  const setApart = rooms.filter((room) => room > 1.35).length >= 0.6 * Math.max(1, rooms.length);
  return nodes.flatMap((node, order) => {
    if (taken.has(node)) return [];
    const before = nodes.slice(0, order).findLast((candidate) => taken.has(candidate));
    const next = found.find((candidate) => candidate.order > order);
    if (next && (lineAt(lines, next.at)?.roomAbove ?? 0) >= usual + 0.8) return [node];
    if (!setApart) return [];
    const own = before && taken.get(before);
    const roomInside = own?.some((stretch) => lines.some((line) => line.gapAbove && line.start > stretch.start && line.end <= stretch.end));
    return before && roomInside ? [before, node] : [];
  });
}

function lineAt(lines: SheetLine[], at: number): SheetLine | undefined {
  return lines.find((line) => line.start <= at && at < line.end);
}

function numbersBelow(node: NumberNode): string[] {
  return [...(node.number === null ? [] : [node.number]), ...node.children.flatMap(numbersBelow)];
}

/** Gives every word its one place. A word that holds the end of a label and the start of an answer is the answer's. */
function assignWords(sheet: SheetText, lines: SheetLine[], numbers: string[], found: Found): Segmentation {
  const owners = ownersOf(sheet, lines, found);
  const answers = numbers.flatMap((number): SegmentedAnswer[] => {
    const stretches = found.answers.get(number);
    const labelled = found.labels.some((label) => label.number === number);
    return stretches && (labelled || stretches.length > 0) ? [buildAnswer(sheet, number, owners)] : [];
  });
  const unassigned: WordRange[] = [];
  const labels: Segmentation['labels'] = [];
  let previous: Owner | undefined;
  sheet.words.forEach(({ page, index }, i) => {
    const owner = owners[i];
    if (owner && owner.kind !== 'answer') {
      const list: WordRange[] = owner.kind === 'label' ? labels : unassigned;
      const last = list.at(-1);
      if (last && previous === owner && last.page === page && last.to === index) last.to = index + 1;
      else if (owner.kind === 'label') labels.push({ page, from: index, to: index + 1, number: owner.number });
      else unassigned.push({ page, from: index, to: index + 1 });
    }
    previous = owner;
  });
  return { answers, unassigned, labels, doubtful: numbers.filter((number) => found.doubtful.has(number)) };
}

type Owner = { kind: 'answer'; number: string; from: number } | { kind: 'label'; number: string | null } | { kind: 'none' };

function ownersOf(sheet: SheetText, lines: SheetLine[], found: Found): Owner[] {
  const none: Owner = { kind: 'none' };
  const labels = found.labels.map((label) => ({ label, owner: { kind: 'label', number: label.number } as const }));
  const stretches = [...found.answers].flatMap(([number, own]) => own.map((stretch) => ({ number, ...stretch })));
  const kept = new Set(lines);
  return sheet.words.map((word) => {
    const line = sheet.lines[word.line];
    if (!line || !kept.has(line)) return none;
    const stretch = stretches.find(({ start, end }) => word.start < end && word.end > start);
    if (stretch) return { kind: 'answer', number: stretch.number, from: Math.max(word.start, stretch.start) };
    return labels.find(({ label }) => word.start < label.end && word.end > label.start)?.owner ?? none;
  });
}

function buildAnswer(sheet: SheetText, number: string, owners: Owner[]): SegmentedAnswer {
  const words: SegmentedAnswer['words'] = [];
  let text = '';
  let lastEnd = -1;
  sheet.words.forEach((word, i) => {
    const owner = owners[i];
    if (owner?.kind !== 'answer' || owner.number !== number) return;
    if (text) text += sheet.text.slice(lastEnd, word.start) === ' ' ? ' ' : '\n';
    const start = text.length;
    text += sheet.text.slice(owner.from, word.end);
    words.push({ start, end: text.length, page: word.page, index: word.index });
    lastEnd = word.end;
  });
  return { number, text, words };
}

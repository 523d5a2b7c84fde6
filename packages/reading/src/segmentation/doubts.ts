import type { Chain } from './best-chain.ts';
import type { Candidate } from './candidates.ts';
import { isMarks } from './clean-answers.ts';
import type { NumberNode } from './key-numbers.ts';
import type { SheetLine } from './sheet-text.ts';
import { lineAt, linesIn, type Stretch } from './stretch.ts';

/** One level as it was split. */
export interface SplitLevel {
  lines: SheetLine[];
  candidates: Candidate[];
  chain: Chain;
  nodes: NumberNode[];
  taken: Map<NumberNode, Stretch[]>;
  /** Numbers that were found in tables of choices. */
  inTables: Set<NumberNode>;
}

/** Numbers whose borders are unsure; see `Segmentation.doubtful`. */
export function doubtsOf(level: SplitLevel): string[] {
  const { candidates, chain, nodes, taken } = level;
  const doubtful = new Set<NumberNode>(chain.backward.flatMap((order) => nodes[order] ?? []));
  for (const node of [...rivals(level), ...lostInside(level), ...lostBefore(level), ...glued(level), ...torn(level)]) doubtful.add(node);
  if (chain.contested) for (const node of taken.keys()) doubtful.add(node);
  const shared = Map.groupBy(candidates, (candidate) => candidate.at);
  for (const at of chain.chosen) {
    const candidate = candidates[at];
    const atOnePlace = (candidate && shared.get(candidate.at)) ?? [];
    if (!candidate?.crossed && candidate?.style !== 'lost' && atOnePlace.length < 2) continue;
    // Where the number itself was not read, any one might have stood there; those that were found elsewhere did not.
    const unread = atOnePlace.length > 1 && atOnePlace.every(({ label }) => label.end === candidate?.label.end);
    for (const { label } of atOnePlace)
      if (!unread || label.node === candidate?.label.node || !taken.has(label.node)) doubtful.add(label.node);
  }
  return [...doubtful].flatMap(numbersBelow);
}

/** A look-alike matters when it fits as well as the one that was taken, or when its question was not found at all. */
function rivals({ candidates, chain, taken }: SplitLevel): NumberNode[] {
  const found = chain.chosen.flatMap((at) => candidates[at] ?? []);
  const chosen = new Set(chain.chosen);
  const chosenAt = new Set(chain.chosen.map((at) => candidates[at]?.at));
  const fitOfOrder = new Map<number, number>();
  for (const at of chain.chosen) {
    const order = candidates[at]?.order ?? -1;
    fitOfOrder.set(order, Math.max(fitOfOrder.get(order) ?? Number.NEGATIVE_INFINITY, chain.fit[at] ?? 0));
  }
  const holderOf = (at: number) => [...taken].find(([, own]) => own.some(({ start, end }) => start <= at && at < end))?.[0];
  return candidates.flatMap((candidate, i) => {
    if (chosen.has(i) || candidate.inline || chosenAt.has(candidate.at)) return [];
    const own = chain.fit[i] ?? 0;
    const rival = fitOfOrder.get(candidate.order);
    if (rival === undefined ? own <= 0 && !standsInOrder(candidate, found, own) : own <= 0 || own < rival) return [];
    return [holderOf(candidate.at) ?? [], rival === undefined ? candidate.label.node : []].flat();
  });
}

/** Weak, but just where the missing number is expected: between those before and behind it in the key. */
function standsInOrder({ at, order }: Candidate, found: Candidate[], fit: number): boolean {
  const before = found.findLast((other) => other.at < at);
  const behind = found.find((other) => other.at > at);
  return fit > -1.6 && (before?.order ?? -1) < order && order < (behind?.order ?? Number.POSITIVE_INFINITY);
}

/**
 * An unanswered number between two that were found may be one that was not read. Signs of that: more room than usual where it
 * should stand (a line that the engine did not see), or a new paragraph inside the answer before it: room above where answers are set
 * apart by room, else a line that ends early before one that begins anew (its number alone was not seen; then that answer is doubtful too).
 */
function lostInside({ lines, candidates, chain, nodes, taken, inTables }: SplitLevel): NumberNode[] {
  const found = chain.chosen.flatMap((at) => candidates[at] ?? []);
  const rooms = found.flatMap((candidate) => lineAt(lines, candidate.at)?.roomAbove ?? []).sort((a, b) => a - b);
  const usual = rooms[rooms.length >> 1] ?? 0;
  const setApart = rooms.filter((room) => room > 1.35).length >= 0.6 * Math.max(1, rooms.length);
  return nodes.flatMap((node, order) => {
    if (taken.has(node) || inTables.has(node)) return [];
    const before = nodes.slice(0, order).findLast((candidate) => taken.has(candidate));
    const next = found.find((candidate) => candidate.order > order);
    if (next && (lineAt(lines, next.at)?.roomAbove ?? 0) >= usual + 0.8) return [node];
    const longMiss = [order - 1, order + 1].some((beside) => nodes[beside] && !taken.has(nodes[beside]) && !inTables.has(nodes[beside]));
    const own = (before && taken.get(before)) ?? [];
    const inside = own.flatMap((stretch) => linesIn(lines, stretch).filter((line) => line.end <= stretch.end));
    const newParagraph = inside.some(
      (line, i) => i > 0 && (line.gapAbove || ((!setApart || longMiss) && inside[i - 1]?.endsEarly && !beginsLow(line))),
    );
    return before && newParagraph ? [before, node] : [];
  });
}

/** Numbers missing at the beginning, where something stands before the first one that was found, below the paper's head. */
function lostBefore({ lines, candidates, chain, nodes, taken, inTables }: SplitLevel): NumberNode[] {
  const first = candidates[chain.chosen[0] ?? -1];
  const before = lines.filter((line) => line.end <= (first?.at ?? Number.POSITIVE_INFINITY) && line.height > headHeight);
  if (before.length === 0) return [];
  const from = nodes.findIndex((node) => taken.has(node));
  return nodes.slice(0, from < 0 ? nodes.length : from).filter((node) => !inTables.has(node));
}

/** "a2.c3.c", "T  BE 4)F": a missing number stands in the middle of a line, in the answer of one before it. */
function glued({ lines, nodes, taken }: SplitLevel): NumberNode[] {
  return [...taken].flatMap(([node, own]) => {
    const order = nodes.indexOf(node);
    const until = nodes.findIndex((other, i) => i > order && taken.has(other));
    const missing = nodes.slice(order + 1, until < 0 ? nodes.length : until);
    if (missing.length === 0) return [];
    const text = own.flatMap((stretch) => linesIn(lines, stretch).map((line) => line.text)).join('\n');
    const inside = [...text.matchAll(/(?<=[\p{L}¢© ])\d{1,2}(?=[.):]\s?\p{L})/gu)].map(([digits]) => String(Number(digits)));
    const hidden = missing.filter((other) => inside.includes(other.token));
    return hidden.length > 0 ? [node, ...hidden] : [];
  });
}

/** A line with a wide gap inside that is no marks may be two: a column too short to show itself, a table that is none. */
function torn({ lines, taken }: SplitLevel): NumberNode[] {
  return [...taken].flatMap(([node, own]) =>
    own.some((stretch) =>
      linesIn(lines, stretch).some((line) => line.apartFrom !== null && !isMarks(line.text.slice(line.apartFrom - line.start))),
    )
      ? [node]
      : [],
  );
}

/** Title and name stand above, over the page's height. */
const headHeight = 0.12;

const beginsLow = (line: SheetLine) => /^\W*\p{Ll}/u.test(line.text);

/** The number of a node and those of its parts. */
export function numbersBelow(node: NumberNode): string[] {
  return [...(node.number === null ? [] : [node.number]), ...node.children.flatMap(numbersBelow)];
}

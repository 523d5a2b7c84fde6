/** A label that may or may not begin an answer. */
export interface ChainCandidate {
  /** Position of its number in the key's order. */
  order: number;
  style: string;
  keyword: boolean;
  repaired: boolean;
  continued: boolean;
  part: string | null;
  runsOn: boolean;
  /** Stands inside a line, behind a short answer. */
  inline: boolean;
  gapAbove: boolean | null;
  indent: 'margin' | 'flush' | 'indented' | 'unknown';
}

export interface Chain {
  /** Indexes of the chosen candidates, in the order of the sheet. */
  chosen: number[];
  /** How well each candidate fits by itself, under the chain's style. */
  fit: number[];
  /** Orders that were chosen against the key's direction. */
  backward: number[];
}

interface Step {
  score: number;
  at: number;
  used: bigint;
  before: Step | null;
  backward: boolean;
}

/** Histories kept for each candidate, and candidates looked back: bounds for sheets full of numbers. */
const keptHistories = 4;
const lookBack = 150;
const maxCandidates = 2_000;
const skippedQuestion = 0.35;

/**
 * The best chain of labels: each candidate brings how well it fits by itself, each step from one to the next costs for questions
 * left out and for going backwards; no number twice unless it is continued or shows a new part. Every style on the sheet is tried
 * as the sheet's own one. Weights were measured on typed answer sheets with numbered lists inside the answers.
 */
export function bestChain(candidates: ChainCandidate[]): Chain {
  let best: { chain: Chain; score: number } | null = null;
  for (const style of new Set(candidates.map((candidate) => candidate.style))) {
    const fit = candidates.map((candidate) => fitOf(candidate, style));
    const end = search(candidates, fit);
    if (end && (!best || end.score > best.score)) best = { chain: { ...unwind(end, candidates), fit }, score: end.score };
  }
  return best?.chain ?? { chosen: [], fit: candidates.map(() => 0), backward: [] };
}

/** How well a candidate fits by itself on a sheet whose questions are written in `style`. */
function fitOf(candidate: ChainCandidate, style: string): number {
  let fit = candidate.keyword ? 2 : candidate.style === 'bare' ? -0.9 : 0.6;
  if (candidate.style === style || (candidate.style === 'part' && style !== 'keyword')) fit += 1.2;
  else fit -= style === 'keyword' ? 2.5 : 0.6;
  if (candidate.indent === 'margin') fit += 0.8;
  else if (candidate.indent === 'indented') fit -= 1.2;
  if (candidate.gapAbove !== null) fit += candidate.gapAbove ? 0.6 : -0.5;
  if (candidate.part !== null) fit += 0.5;
  if (candidate.repaired) fit -= 0.8;
  if (candidate.runsOn) fit -= 0.8;
  if (candidate.inline) fit -= 0.3;
  return fit;
}

function search(candidates: ChainCandidate[], fit: number[]): Step | null {
  const worth = worthTrying(fit);
  const histories = new Map<number, Step[]>();
  let best: Step | null = null;
  worth.forEach((at, position) => {
    const candidate = candidates[at];
    if (!candidate) return;
    const own = fit[at] ?? 0;
    const steps: Step[] = [
      { score: own - skippedQuestion * candidate.order, at, used: 1n << BigInt(candidate.order), before: null, backward: false },
    ];
    for (const previous of worth.slice(Math.max(0, position - lookBack), position)) {
      for (const history of histories.get(previous) ?? []) {
        const step = extend(history, candidates[previous], candidate, at, own);
        if (step) steps.push(step);
      }
    }
    const kept = steps.sort((a, b) => b.score - a.score).slice(0, keptHistories);
    histories.set(at, kept);
    // Equal scores: the later chain, because a list inside an answer comes before the next question.
    if (kept[0] && kept[0].score > 0 && (!best || kept[0].score >= best.score)) best = kept[0];
  });
  return best;
}

function worthTrying(fit: number[]): number[] {
  const all = fit.map((_, at) => at);
  if (all.length <= maxCandidates) return all;
  const kept = all.toSorted((a, b) => (fit[b] ?? 0) - (fit[a] ?? 0)).slice(0, maxCandidates);
  return kept.sort((a, b) => a - b);
}

function extend(history: Step, last: ChainCandidate | undefined, next: ChainCandidate, at: number, own: number): Step | null {
  if (!last) return null;
  const bit = 1n << BigInt(next.order);
  const seen = (history.used & bit) !== 0n;
  const newPart = next.part !== null && (last.order !== next.order || (last.part !== null && next.part > last.part));
  if (seen && !next.continued && !newPart) return null;
  const step = next.order - last.order;
  let cost = 0;
  if (step > 1) cost = skippedQuestion * unusedBetween(history.used, last.order, next.order);
  else if (step < 0) cost = next.continued ? 0.5 : next.keyword ? 2.2 : next.gapAbove ? 3.2 : 6;
  // Numbers in one line are one after the other, or they are part of the text.
  if (next.inline && step !== 1) return null;
  return { score: history.score + own - cost, at, used: history.used | bit, before: history, backward: step < 0 && !next.continued };
}

function unusedBetween(used: bigint, from: number, to: number): number {
  let count = 0;
  for (let order = from + 1; order < to; order++) if (((used >> BigInt(order)) & 1n) === 0n) count++;
  return count;
}

function unwind(end: Step, candidates: ChainCandidate[]): Pick<Chain, 'chosen' | 'backward'> {
  const chosen: number[] = [];
  const backward: number[] = [];
  for (let step: Step | null = end; step; step = step.before) {
    chosen.unshift(step.at);
    const candidate = candidates[step.at];
    if (step.backward && candidate && !candidate.keyword) backward.push(candidate.order);
  }
  return { chosen, backward };
}

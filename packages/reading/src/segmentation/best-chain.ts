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
  /** Nothing else stands in its line. */
  alone: boolean;
  /** Stands inside a line, behind a short answer. */
  inline: boolean;
  /** Something crossed out stands before it, or it is itself hard to read. */
  crossed: boolean;
  /** Its parts follow, as the key has them; null for a question without parts. */
  parts: boolean | null;
  /** The question's own text follows. */
  confirmed: boolean;
  /** Where it begins; of several at one place only one can be chosen. */
  at: number;
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
  /** Another style explains the sheet nearly as well: then nothing of it is sure. */
  contested: boolean;
}

interface Step {
  score: number;
  at: number;
  used: bigint;
  before: Step | null;
  backward: boolean;
  /** No step before went back: then nothing behind the last one is used but what was known. */
  rising: boolean;
}

/** Histories kept for each candidate, and candidates looked back: bounds for sheets full of numbers. */
const keptHistories = 4;
const lookBack = 150;
const maxCandidates = 2_000;
/** Share of the best score. */
const nearlyAsGood = 0.6;
const skippedQuestion = 0.35;
/** A candidate can make up for one left-out question at most: a worse one never pays. */
const leastFit = -skippedQuestion;

/**
 * The best chain of labels: each candidate brings how well it fits by itself, each step from one to the next costs for questions
 * left out and for going backwards; no number twice unless it is continued or shows a new part. Every style on the sheet is tried
 * as the sheet's own one. `known`: orders, as bits, that were found elsewhere. Weights were measured on typed answer sheets with numbered lists inside the answers.
 */
export function bestChain(candidates: ChainCandidate[], questions: number, known = 0n): Chain {
  let best: { chain: Chain; score: number } | null = null;
  const others: Array<{ chosen: number[]; score: number }> = [];
  for (const style of new Set(candidates.map((candidate) => candidate.style))) {
    const own = candidates.filter((candidate) => candidate.style === style && candidate.gapAbove !== null);
    const setApart = own.filter((candidate) => candidate.gapAbove).length >= 0.2 * own.length;
    const fit = candidates.map((candidate) => fitOf(candidate, style, setApart));
    const end = search(candidates, fit, known, questions);
    if (!end) continue;
    const chain = { ...unwind(end, candidates), fit, contested: false };
    others.push({ chosen: chain.chosen, score: end.score });
    if (!best || end.score > best.score) best = { chain, score: end.score };
  }
  if (!best) return { chosen: [], fit: candidates.map(() => 0), backward: [], contested: false };
  const { chain, score } = best;
  const contested = others.some(
    (other) => other.score >= nearlyAsGood * score && other.chosen.filter((at) => !chain.chosen.includes(at)).length >= 2,
  );
  return { ...chain, contested };
}

/**
 * How well a candidate fits by itself on a sheet whose questions are written in `style`. `setApart`: numbers of this style often have
 * room above them, so that its absence means something.
 */
function fitOf(candidate: ChainCandidate, style: string, setApart: boolean): number {
  // Not read: it may fill a place in the key, and yields to every number that was read.
  if (candidate.style === 'lost') return 0.1;
  let fit = candidate.keyword ? 2 : candidate.style !== 'bare' ? 0.6 : candidate.alone ? 0.2 : -0.9;
  if (candidate.style === style || (candidate.style === 'part' && style !== 'keyword')) fit += 1.2;
  else if (!candidate.alone || style === 'keyword') fit -= style === 'keyword' ? 2.5 : 0.6;
  // "continued" says by itself that a number stands there, however it is written.
  if (candidate.continued) fit = 1.8;
  if (candidate.indent === 'margin') fit += 0.8;
  else if (candidate.indent === 'indented') fit -= 1.2;
  if (candidate.gapAbove) fit += 0.6;
  else if (candidate.gapAbove === false && setApart) fit -= 0.5;
  if (candidate.part !== null) fit += 0.5;
  if (candidate.parts !== null) fit += candidate.parts ? 0.6 : -0.6;
  if (candidate.repaired) fit -= 0.8;
  if (candidate.runsOn) fit -= 0.8;
  if (candidate.inline) fit -= 0.3;
  if (candidate.crossed) fit -= 0.4;
  if (candidate.confirmed) fit += 2.5;
  return fit;
}

function search(candidates: ChainCandidate[], fit: number[], known: bigint, questions: number): Step | null {
  const worth = worthTrying(fit);
  const skipped = countSkipped(known, questions);
  const histories: Step[][] = [];
  let best: Step | null = null;
  worth.forEach((at, position) => {
    const candidate = candidates[at];
    if (!candidate) return;
    const own = fit[at] ?? 0;
    const bit = 1n << BigInt(candidate.order);
    const kept: Step[] = [];
    keep(kept, own - skippedQuestion * skipped.known(-1, candidate.order), () => ({
      at,
      used: known | bit,
      before: null,
      backward: false,
      rising: true,
    }));
    for (let previous = Math.max(0, position - lookBack); previous < position; previous++) {
      const last = candidates[worth[previous] ?? -1];
      const cost = last && costOfStep(last, candidate);
      if (!last || cost === undefined || cost === null) continue;
      const back = candidate.order < last.order;
      for (const history of histories[previous] ?? []) {
        if (!mayFollow(history, last, candidate, bit)) continue;
        const left = back ? 0 : (history.rising ? skipped.known : skipped.counted(history.used))(last.order, candidate.order);
        keep(kept, history.score + own - cost - skippedQuestion * left, () => ({
          at,
          used: history.used | bit,
          before: history,
          backward: back && !candidate.continued,
          rising: history.rising && !back,
        }));
      }
    }
    histories.push(kept);
    // Equal scores: the later chain, because a list inside an answer comes before the next question.
    for (const step of kept) {
      const score = step.score - skippedQuestion * skipped.counted(step.used)(candidate.order, questions);
      if (step.score > 0 && (!best || score >= best.score)) best = { ...step, score };
    }
  });
  return best;
}

/** Keeps the best histories, the best one first. */
function keep(kept: Step[], score: number, make: () => Omit<Step, 'score'>): void {
  if (kept.length === keptHistories && score <= (kept.at(-1)?.score ?? score)) return;
  const at = kept.findIndex((other) => other.score < score);
  kept.splice(at < 0 ? kept.length : at, 0, { score, ...make() });
  if (kept.length > keptHistories) kept.pop();
}

/** How many orders strictly between two are not used: quickly for what was known before, or in a history's own bits. */
function countSkipped(known: bigint, questions: number) {
  const free = [0];
  for (let order = 0; order < questions; order++) free.push((free[order] ?? 0) + (((known >> BigInt(order)) & 1n) === 0n ? 1 : 0));
  const between = (from: number, to: number) => Math.max(0, (free[to] ?? 0) - (free[from + 1] ?? 0));
  const counted = (used: bigint) => (from: number, to: number) => {
    let count = 0;
    for (let order = from + 1; order < to; order++) if (((used >> BigInt(order)) & 1n) === 0n) count++;
    return count;
  };
  return { known: between, counted };
}

function worthTrying(fit: number[]): number[] {
  const all = fit.map((_, at) => at).filter((at) => (fit[at] ?? 0) >= leastFit);
  if (all.length <= maxCandidates) return all;
  const kept = all.toSorted((a, b) => (fit[b] ?? 0) - (fit[a] ?? 0)).slice(0, maxCandidates);
  return kept.sort((a, b) => a - b);
}

/** What a step costs beside the questions it leaves out; null when it is none. */
function costOfStep(last: ChainCandidate, next: ChainCandidate): number | null {
  const step = next.order - last.order;
  // Numbers in one line are one after the other, or they are part of the text.
  if (last.at === next.at || (next.inline && step !== 1)) return null;
  if (step >= 0) return 0;
  return next.continued ? 0.5 : next.keyword ? 2.2 : next.gapAbove ? 3.2 : 6;
}

function mayFollow(history: Step, last: ChainCandidate, next: ChainCandidate, bit: bigint): boolean {
  if ((history.used & bit) === 0n || next.continued) return true;
  return next.part !== null && (last.order !== next.order || (last.part !== null && next.part > last.part));
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

import type { Criterion, CriterionGroup, Decision, Rubric } from '@gradeflow/contracts';

export interface DecidedCriterion {
  criterionId: string;
  decision: Decision;
  /** 0–1 of the criterion's points. */
  fraction: number;
}

export interface RubricScore {
  score: number;
  /** The sum before clamping and rounding. */
  rawScore: number;
  /** What each criterion counted, after requires, excludes, groups and caps; `rawScore` is the start plus their sum. */
  points: Map<string, number>;
}

/**
 * The mark of a rubric. Sum from 0 (`positive`) or `maxScore` (`negative`) of fraction × points; a criterion counts 0 unless everything in its
 * `requires` is MET, and when a MET one excludes it (of two that exclude each other the one worth more stays, then the earlier); groups keep
 * their best (`exclusive`, `max`), their n best (`bestN`) or all (`sum`), at most `cap`; then clamp to floor and ceiling (never above
 * maxScore), round to `step` with halves upwards, clamp again. Decisions that are missing, NOT_MET or UNCLEAR count 0.
 */
export function scoreCriteria(rubric: Rubric, decisions: readonly DecidedCriterion[], maxScore: number): RubricScore {
  const decided = new Map(decisions.map((decision) => [decision.criterionId, decision]));
  const isMet = (id: string) => decided.get(id)?.decision === 'MET';
  const excluded = excludedCriteria(rubric.criteria, isMet);
  const points = new Map<string, number>();
  for (const criterion of rubric.criteria) {
    const decision = decided.get(criterion.id);
    const counts =
      decision !== undefined &&
      (decision.decision === 'MET' || decision.decision === 'PARTIAL') &&
      !excluded.has(criterion.id) &&
      criterion.requires.every(isMet);
    points.set(criterion.id, counts ? clamp(decision.fraction, 0, 1) * criterion.points : 0);
  }
  for (const group of rubric.groups) applyGroup(group, rubric.criteria, points);
  const start = rubric.scoring === 'negative' ? maxScore : 0;
  const rawScore = start + [...points.values()].reduce((sum, value) => sum + value, 0);
  return { score: toMark(rubric, rawScore, maxScore), rawScore, points };
}

/** Clamps and rounds a raw sum as the rubric says. */
export function toMark(rubric: Pick<Rubric, 'floor' | 'ceiling' | 'step'>, rawScore: number, maxScore: number): number {
  const ceiling = Math.min(rubric.ceiling ?? maxScore, maxScore);
  const floor = Math.min(rubric.floor, ceiling);
  const rounded = roundToStep(clamp(rawScore, floor, ceiling), rubric.step);
  return clamp(rounded, floor, ceiling);
}

/** Nearest multiple of `step`, halves upwards, free of binary noise. */
export function roundToStep(value: number, step: number): number {
  return Number((Math.floor(value / step + 0.5 + 1e-9) * step).toFixed(8));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function excludedCriteria(criteria: readonly Criterion[], isMet: (id: string) => boolean): Set<string> {
  const byId = new Map(criteria.map((criterion, index) => [criterion.id, { criterion, index }]));
  const excluded = new Set<string>();
  for (const [id, { criterion, index }] of byId) {
    if (!isMet(id)) continue;
    for (const otherId of criterion.excludes) {
      const other = byId.get(otherId);
      if (!other || otherId === id) continue;
      const isMutual = isMet(otherId) && other.criterion.excludes.includes(id);
      const otherStays =
        isMutual && (other.criterion.points > criterion.points || (other.criterion.points === criterion.points && other.index < index));
      if (!otherStays) excluded.add(otherId);
    }
  }
  return excluded;
}

function applyGroup(group: CriterionGroup, criteria: readonly Criterion[], points: Map<string, number>): void {
  const members = criteria.filter((criterion) => criterion.group === group.id && points.get(criterion.id) !== 0);
  if (group.rule !== 'sum') {
    const keep = group.rule === 'bestN' ? (group.n ?? 1) : 1;
    const ranked = [...members].sort((a, b) => (points.get(b.id) ?? 0) - (points.get(a.id) ?? 0));
    for (const { id } of ranked.slice(keep)) points.set(id, 0);
  }
  if (group.cap === undefined) return;
  let sum = 0;
  for (const { id } of members) {
    const limited = clamp(sum + (points.get(id) ?? 0), -group.cap, group.cap);
    points.set(id, limited - sum);
    sum = limited;
  }
}

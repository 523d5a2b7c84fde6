import type { Criterion, Match, Rubric } from './question.ts';

/** Reports a fault of the rubric; the path begins below `rubric`. */
export type ReportFault = (path: (string | number)[], message: string) => void;

/** More criteria than this are not tried out in every combination. */
const mostTried = 8;

/** What teachers write by mistake in the ways to decide a criterion: each message says what is wrong and what it would do. */
export function checkMatch(match: Match, at: (string | number)[], report: ReportFault): void {
  switch (match.type) {
    case 'keywords': {
      if ((match.minGroups ?? 0) > match.groups.length) report([...at, 'minGroups'], `there are only ${match.groups.length} groups`);
      for (const [index, group] of match.groups.entries()) checkPhrases(group.anyOf, [...at, 'groups', index, 'anyOf'], report);
      checkPhrases(match.noneOf, [...at, 'noneOf'], report);
      const wanted = new Set(match.groups.flatMap((group) => group.anyOf.map(comparable)));
      match.noneOf.forEach((phrase, index) => {
        if (wanted.has(comparable(phrase)))
          report([...at, 'noneOf', index], `"${phrase}" is asked for and ruled out at once: whoever writes it gets nothing`);
      });
      return;
    }
    case 'choice':
      checkChoice(match, at, report);
      return;
    case 'numeric':
      match.units.forEach((unit, index) => {
        if (match.units.findIndex(({ symbol }) => symbol === unit.symbol) < index)
          report([...at, 'units', index, 'symbol'], `the unit "${unit.symbol}" is there twice, so it is not clear which factor counts`);
      });
      if (match.unit === 'required' && match.units.length === 0)
        report([...at, 'units'], 'a unit is required, but none is named: no answer could be right');
      match.nearMisses.forEach(({ value }, index) => {
        if (value === match.value)
          report([...at, 'nearMisses', index, 'value'], `${value} is the right answer, so it cannot be a near miss`);
      });
  }
}

function checkChoice(match: Extract<Match, { type: 'choice' }>, at: (string | number)[], report: ReportFault): void {
  const options = new Set<string>();
  match.options.forEach(({ id }, index) => {
    const same = id.trim().toLowerCase();
    if (options.has(same)) report([...at, 'options', index, 'id'], `two options have the id "${id}" (capitals make no difference)`);
    options.add(same);
  });
  const offered = new Set(match.options.map(({ id }) => id));
  for (const id of match.correct) if (!offered.has(id)) report([...at, 'correct'], `there is no option "${id}"`);
}

/** Phrases are compared by their letters and digits: one without any is found nowhere, and two that are the same in that are one. */
function checkPhrases(phrases: readonly string[], at: (string | number)[], report: ReportFault): void {
  const seen = new Map<string, string>();
  phrases.forEach((phrase, index) => {
    const key = comparable(phrase);
    const earlier = seen.get(key);
    if (!/[\p{L}\p{N}\p{S}\p{Po}]/u.test(key))
      report([...at, index], `"${phrase}" has neither letters nor digits, so it cannot be found in an answer`);
    else if (earlier !== undefined) report([...at, index], `"${phrase}" is there twice (as "${earlier}")`);
    seen.set(key, earlier ?? phrase);
  });
}

function comparable(phrase: string): string {
  return phrase.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** Criteria that can never count because something that they require excludes them. Circles are reported elsewhere. */
export function checkReach(rubric: Rubric, report: ReportFault): void {
  const byId = new Map(rubric.criteria.map((criterion) => [criterion.id, criterion]));
  rubric.criteria.forEach((criterion, index) => {
    // Of two that exclude each other the one worth more stays, so only a one-sided exclusion is certain.
    const against = requiredBy(criterion, byId).find(
      (needed) => needed.excludes.includes(criterion.id) && !criterion.excludes.includes(needed.id),
    );
    if (against)
      report(['criteria', index, 'requires'], `"${criterion.id}" could never count: it requires "${against.id}", which excludes it`);
  });
}

function requiredBy(criterion: Criterion, byId: ReadonlyMap<string, Criterion>): Criterion[] {
  const found = new Map<string, Criterion>();
  const open = [...criterion.requires];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const next = byId.get(id);
    if (!next || found.has(id) || id === criterion.id) continue;
    found.set(id, next);
    open.push(...next.requires);
  }
  return [...found.values()];
}

/**
 * The most points that the criteria can give together when criteria exclude or require each other: every combination is tried, so only up to eight criteria;
 * null above that, and where nothing excludes or requires. `sumOf` gives the points of criteria that count together, groups and caps applied.
 */
export function mostTogether(rubric: Rubric, sumOf: (criteria: Criterion[]) => number): number | null {
  const positive = rubric.criteria.filter(({ points }) => points > 0);
  const isTangled = rubric.criteria.some(({ excludes, requires }) => excludes.length + requires.length > 0);
  if (!isTangled || positive.length > mostTried) return null;
  let most = 0;
  for (let chosen = 0; chosen < 2 ** positive.length; chosen++) {
    const met = positive.filter((_, index) => chosen & (1 << index));
    most = Math.max(most, sumOf(met.filter((criterion) => countsAmong(criterion, met, positive))));
  }
  return most;
}

/** As the arithmetic of rubrics has it. What is required without being worth points is taken as met. */
function countsAmong(criterion: Criterion, met: readonly Criterion[], positive: readonly Criterion[]): boolean {
  const isMissing = (id: string) => positive.some((other) => other.id === id) && !met.some((other) => other.id === id);
  if (criterion.requires.some(isMissing)) return false;
  return !met.some((other) => {
    if (other.id === criterion.id || !other.excludes.includes(criterion.id)) return false;
    const isMutual = criterion.excludes.includes(other.id);
    const stays =
      criterion.points > other.points || (criterion.points === other.points && positive.indexOf(criterion) < positive.indexOf(other));
    return !(isMutual && stays);
  });
}

import type { PaperQuestion, Unit } from './build-questions.ts';
import type { ReadSection } from './sections.ts';
import type { PaperSection } from './types.ts';

/** A choice before its questions have their final numbers. */
export interface OpenChoice {
  id: string;
  choose: number;
  alternatives: Unit[][];
  /** All units of the alternatives. */
  units: Unit[];
}

/**
 * What is missing from the stated total, where only one section can hold it: for its one question without marks, or evenly for all when none of
 * them has marks. Nothing is filled in where alternatives or parts leave it open.
 */
export function fillFromTotal(questions: readonly PaperQuestion[], sections: readonly ReadSection[], stated: number | null): void {
  if (stated === null || questions.some(({ alternative }) => alternative)) return;
  const places = sections.map((section, index) => {
    const own = questions.filter((question) => question.section === index);
    return { own, counted: Math.min(own.length, section.choose ?? own.length), unknown: own.filter(({ worth }) => worth === null) };
  });
  const open = places.filter(({ unknown }) => unknown.length > 0);
  const [place] = open;
  if (!place || open.length > 1 || place.unknown.some(({ leaves }) => leaves.length > 1)) return;
  const rest = places.reduce((left, { own, counted }) => left - bestWorths(own, counted), stated);
  const even = place.unknown.length === place.own.length;
  if (!even && (place.unknown.length > 1 || place.counted < place.own.length)) return;
  const each = rest / (even ? place.counted : 1);
  if (each <= 0 || !Number.isInteger(each * 2)) return;
  for (const question of place.unknown) {
    question.worth = each;
    for (const leaf of question.leaves) {
      leaf.mark = each;
      leaf.markCost = 0.6;
    }
  }
}

/** The sum of the questions that carry most. */
function bestWorths(questions: readonly PaperQuestion[], counted: number): number {
  const worths = questions.map(({ worth }) => worth ?? 0).sort((a, b) => b - a);
  return worths.slice(0, counted).reduce((sum, worth) => sum + worth, 0);
}

/** Choices and the sum of what can be reached: of "any four" the four that carry most, of "a OR b" the one. Null when a question's marks are not known. */
export function addUp(
  questions: readonly PaperQuestion[],
  sections: readonly ReadSection[],
): { choices: OpenChoice[]; sum: number | null; sectionsOut: PaperSection[] } {
  const choices: OpenChoice[] = [];
  const add = (choose: number, alternatives: Unit[][]) =>
    choices.push({ id: `choice-${choices.length + 1}`, choose, alternatives, units: alternatives.flat() });
  let sum: number | null = questions.length === 0 ? null : 0;
  sections.forEach((section, index) => {
    const groups = groupAlternatives(questions.filter((question) => question.section === index));
    const worths = groups.map((group) => bestOf(group));
    const counted = section.choose !== null && section.choose < groups.length ? section.choose : groups.length;
    if (counted < groups.length)
      add(
        counted,
        groups.map((group) => group.flatMap((question) => question.leaves)),
      );
    for (const group of groups) {
      if (group.length > 1 && counted === groups.length)
        add(
          1,
          group.map((question) => question.leaves),
        );
      for (const question of group) if (counted === groups.length && group.length === 1) addPartChoices(question, add);
    }
    const known = worths.filter((worth) => worth !== null).sort((a, b) => b - a);
    if (groups.length === 0) return;
    sum =
      sum === null || (known.length < groups.length && section.marksEach === null)
        ? null
        : sum + known.slice(0, counted).reduce((a, b) => a + b, 0);
  });
  const sectionsOut = sections
    .filter(
      (section, index) => section.label !== '' || section.instruction !== null || questions.some((question) => question.section === index),
    )
    .map(({ label, instruction, choose, marksEach, stated }) => ({ label, instruction, choose, marksEach, stated }));
  return { choices, sum: sum === null ? null : Math.round(sum * 100) / 100, sectionsOut };
}

/** A question below an "OR" and the one above it are one place. */
function groupAlternatives(questions: readonly PaperQuestion[]): PaperQuestion[][] {
  const groups: PaperQuestion[][] = [];
  for (const question of questions) {
    const last = groups.at(-1);
    if (question.alternative && last) last.push(question);
    else groups.push([question]);
  }
  return groups;
}

function bestOf(group: readonly PaperQuestion[]): number | null {
  const worths = group.flatMap(({ worth }) => (worth === null ? [] : [worth]));
  return worths.length === 0 ? null : Math.max(...worths);
}

function addPartChoices(question: PaperQuestion, add: (choose: number, alternatives: Unit[][]) => void): void {
  const leavesOfPart = (part: Unit): Unit[] =>
    question.leaves.includes(part) ? [part] : part.children.filter((child) => question.leaves.includes(child));
  if (question.leaves.includes(question)) return;
  if (question.choose !== null) {
    add(question.choose, question.children.map(leavesOfPart));
    return;
  }
  question.children.forEach((part, i) => {
    const before = question.children[i - 1];
    if (part.alternative && before) add(1, [leavesOfPart(before), leavesOfPart(part)]);
  });
}

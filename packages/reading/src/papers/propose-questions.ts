import type { Box, PageReading } from '@gradeflow/contracts';
import { buildQuestions, type PaperQuestion, type Unit } from './build-questions.ts';
import { findInlineMark } from './marks.ts';
import { partName } from './paper-labels.ts';
import { isReadable, textOf } from './paper-rows.ts';
import { addUp, fillFromTotal } from './paper-total.ts';
import { readStructure } from './read-structure.ts';
import { type ReadSection, readLines } from './sections.ts';
import type { PaperProposal, ProposedQuestion } from './types.ts';

/**
 * The questions of a paper from its pages in order: number, text, marks, place, and how sure that is. Pure. Questions that have marked parts
 * are given by their parts; what is printed above the parts begins the text of each. Numbers that could not be read are filled in from their
 * neighbours with little confidence. Numbers are unique: where sections number from 1 again, the section's name goes before them.
 */
export function proposeQuestions(pages: readonly PageReading[]): PaperProposal {
  const { lines, sections, stated } = readLines(pages);
  const placed = readStructure(lines, sections);
  const questions = buildQuestions(placed, sections);
  fillFromTotal(questions, sections, stated);
  const { choices, sum, sectionsOut } = addUp(questions, sections);
  const total = { stated, sum };
  const numbers = numberLeaves(questions, sections);
  const widths = new Map(pages.map((page) => [page.number, textWidth(page)]));
  const choiceOf = new Map(choices.flatMap((choice) => choice.units.map((unit) => [unit, choice.id] as const)));
  const proposals = questions.flatMap((question) =>
    question.leaves.map((leaf): ProposedQuestion => {
      const group = choiceOf.get(leaf);
      const label = sections[question.section]?.label ?? '';
      const { number, doubled } = numbers.get(leaf) ?? { number: '', doubled: true };
      const confidence = confidenceOf(question, leaf, total);
      return {
        number,
        prompt: promptOf(question, leaf, widths),
        maxScore: leaf.mark,
        page: leaf.page,
        box: boxOf(leaf),
        confidence: doubled ? confidence / 2 : confidence,
        ...(label === '' ? {} : { section: label }),
        ...(group === undefined ? {} : { choiceGroup: group }),
      };
    }),
  );
  return {
    proposals,
    sections: sectionsOut,
    choices: choices.map(({ id, choose, alternatives }) => ({
      id,
      choose,
      alternatives: alternatives.map((units) => units.map((unit) => numbers.get(unit)?.number ?? '')),
    })),
    total,
  };
}

/** True when two sections use the same number. */
function needsPrefix(questions: readonly PaperQuestion[]): boolean {
  const seen = new Map<number, number>();
  for (const { number, section, alternative } of questions) {
    const before = seen.get(number);
    if (before !== undefined && before !== section && !alternative) return true;
    seen.set(number, section);
  }
  return false;
}

interface FinalNumber {
  number: string;
  /** Stands on the paper twice, and nothing says that it may. */
  doubled: boolean;
}

/** The number of each leaf, each once: an alternative under the same number is told apart by "(or)", any other repetition by counting. */
function numberLeaves(questions: readonly PaperQuestion[], sections: readonly ReadSection[]): Map<Unit, FinalNumber> {
  const prefixed = needsPrefix(questions);
  const numbers = new Map<Unit, FinalNumber>();
  const taken = new Set<string>();
  for (const question of questions)
    for (const leaf of question.leaves) {
      const number = printedNumber(question, leaf, prefixed ? (sections[question.section]?.label ?? '') : '');
      const alternative = `${number}(or)`;
      let final = number;
      if (taken.has(number) && (question.alternative || leaf.alternative)) final = alternative;
      for (let times = 2; taken.has(final); times += 1) final = `${number}-${times}`;
      taken.add(final);
      numbers.set(leaf, { number: final, doubled: final !== number && final !== alternative });
    }
  return numbers;
}

function printedNumber(question: PaperQuestion, leaf: Unit, section: string): string {
  const places = [leaf.part, leaf.sub].flatMap((place) => (place ? [`(${partName(place.style, place.index)})`] : []));
  return `${section}${/\d$/.test(section) ? '-' : ''}${question.number}${places.join('')}`;
}

/** What is printed above the parts, then the part's own lines; a printed line that ends early ends a paragraph. */
function promptOf(question: PaperQuestion, leaf: Unit, widths: Map<number, number>): string {
  const chain = question.chainTo(leaf);
  return chain
    .map((unit, i) => textOfUnit(unit, widths, i > chain.indexOf(leaf)))
    .filter((text) => text !== '')
    .join('\n');
}

/** Parts that are no questions of their own keep their labels. */
function textOfUnit(unit: Unit, widths: Map<number, number>, withLabel: boolean): string {
  let text = '';
  let paragraph = false;
  for (const { line, from } of unit.lines) {
    if (!isReadable(line.words)) continue;
    const own = textOf(line.words.slice(withLabel ? 0 : from));
    const mark = line.marks.length > 0 || line.product ? findInlineMark(own) : null;
    const words = (mark ? own.slice(0, mark.index) + own.slice(mark.index + mark.length) : own).trim();
    if (words === '') continue;
    text += (text === '' ? '' : paragraph ? '\n' : ' ') + words;
    const right = Math.max(...line.words.map(({ box }) => box[0] + box[2]));
    paragraph = right < 0.75 * (widths.get(line.row.page) ?? 0);
  }
  return text;
}

/** Right edge of the text: nine tenths of the words end left of it. */
function textWidth(page: PageReading): number {
  const rights = page.words.map(({ box }) => box[0] + box[2]).sort((a, b) => a - b);
  return rights[Math.floor(rights.length * 0.9)] ?? page.width;
}

/** Around the question's words on the page where it begins, its number and marks included. */
function boxOf(unit: Unit): Box {
  const words = unit.lines.filter(({ line }) => line.row.page === unit.page).flatMap(({ line }) => line.row.words);
  const left = Math.min(...words.map(({ box }) => box[0]));
  const top = Math.min(...words.map(({ box }) => box[1]));
  const right = Math.max(...words.map(({ box }) => box[0] + box[2]));
  const bottom = Math.max(...words.map(({ box }) => box[1] + box[3]));
  return words.length === 0 ? [0, 0, 0, 0] : [left, top, right - left, bottom - top];
}

/** By how the number and the marks were read, how well the words were read, and whether marks add up. An estimate of ours, not calibrated. */
function confidenceOf(question: PaperQuestion, leaf: Unit, total: { stated: number | null; sum: number | null }): number {
  const labels = [question.evidence, ...(leaf.part ? [leaf.evidence] : [])].map((value) =>
    value >= 2.2 ? 0.98 : value >= 1.2 ? 0.93 : value >= 0.7 ? 0.85 : value > 0 ? 0.75 : 0.6,
  );
  const marks = leaf.mark === null ? 0.9 : leaf.markCost > 0.3 ? 0.8 : 0.98;
  const words = leaf.lines.flatMap(({ line, from }) => line.words.slice(from));
  const read = words.length === 0 ? 0.3 : words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
  let confidence = labels.reduce((product, value) => product * value, 1) * marks * (0.4 + 0.6 * read);
  if (question.adds === true) confidence = 1 - (1 - confidence) * 0.6;
  if (question.adds === false) confidence *= 0.8;
  if (total.stated !== null && total.sum !== null)
    confidence = Math.abs(total.stated - total.sum) < 0.01 ? 1 - (1 - confidence) * 0.7 : confidence * 0.9;
  return Math.round(confidence * 1000) / 1000;
}

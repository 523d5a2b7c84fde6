import type { PartPlace } from './line-starts.ts';
import type { MarkProduct } from './marks.ts';
import { eachOf, readInstruction } from './notices.ts';
import type { PaperLine } from './paper-lines.ts';
import { isReadable, textOf } from './paper-rows.ts';
import type { PlacedLine } from './read-structure.ts';
import type { ReadSection } from './sections.ts';

/** A question, a part or a part of a part, with the lines that are its own. */
export interface Unit {
  part: PartPlace | null;
  sub: PartPlace | null;
  alternative: boolean;
  page: number;
  /** Lines and the index of the first word behind its number. */
  lines: Array<{ line: PaperLine; from: number }>;
  mark: number | null;
  markCost: number;
  evidence: number;
  product: MarkProduct | null;
  children: Unit[];
}

export interface PaperQuestion extends Unit {
  number: number;
  section: number;
  /** What is to be answered and marked by itself: the question, or its parts. */
  leaves: Unit[];
  /** Of its parts only so many count; null: all. */
  choose: number | null;
  /** Marks of the whole question; null when not known. */
  worth: number | null;
  /** Whether the parts' marks give what the question must carry; null when nothing says. */
  adds: boolean | null;
  /** The question itself and the parts down to a leaf. */
  chainTo(leaf: Unit): Unit[];
}

/** Questions with parts and marks from lines that were placed. */
export function buildQuestions(placed: readonly PlacedLine[], sections: readonly ReadSection[]): PaperQuestion[] {
  const questions = gather(placed);
  for (const [index, section] of sections.entries())
    settleEach(
      section,
      questions.filter((question) => question.section === index),
    );
  for (const question of questions) settle(question, sections[question.section]);
  return questions;
}

function gather(placed: readonly PlacedLine[]): PaperQuestion[] {
  const questions: PaperQuestion[] = [];
  let open: Unit | null = null;
  let before: Unit | null = null;
  let pending: PlacedLine['mark'] = null;
  for (const { line, start, mark, aside } of placed) {
    if (aside) continue;
    if (start) {
      before = open;
      open = makeUnit(line, start);
      const question = questions.at(-1);
      if (start.kind === 'question') questions.push(asQuestion(open, start.number, line.section));
      else if (start.kind === 'part') question?.children.push(open);
      else question?.children.at(-1)?.children.push(open);
      if (start.kind === 'question' && start.part) {
        // The number's own line is its first part's.
        open = firstPart(questions.at(-1) as PaperQuestion, start.part, line, start.labelWords, start.evidence);
      } else if (start.kind === 'question') open = questions.at(-1) as PaperQuestion;
      if (pending) {
        setMark(open, pending);
        pending = null;
      }
    } else open?.lines.push({ line, from: 0 });
    if (open && line.product) open.product ??= line.product;
    if (mark?.to === 'next') pending = mark;
    else if (mark && open) setMark(mark.to === 'previous' && before ? before : open, mark);
  }
  return questions;
}

function setMark(unit: Unit, mark: NonNullable<PlacedLine['mark']>): void {
  unit.mark = mark.value;
  unit.markCost = mark.cost;
}

function makeUnit(line: PaperLine, start: NonNullable<PlacedLine['start']>): Unit {
  return {
    part: start.kind === 'question' ? null : start.part,
    sub: start.kind === 'sub' ? start.sub : null,
    alternative: start.alternative,
    page: line.row.page,
    lines: [{ line, from: start.labelWords }],
    mark: null,
    markCost: 0,
    evidence: start.evidence,
    product: null,
    children: [],
  };
}

function asQuestion(unit: Unit, number: number, section: number): PaperQuestion {
  const question: PaperQuestion = {
    ...unit,
    number,
    section,
    leaves: [],
    choose: null,
    worth: null,
    adds: null,
    chainTo: (leaf) => {
      if (leaf === question) return [question, ...question.children.flatMap((child) => [child, ...child.children])];
      const parent = question.children.find((child) => child === leaf || child.children.includes(leaf));
      const own = parent === leaf ? [leaf, ...leaf.children] : [leaf];
      return parent === undefined || parent === leaf ? [question, ...own] : [question, parent, ...own];
    },
  };
  return question;
}

function firstPart(question: PaperQuestion, part: PartPlace, line: PaperLine, labelWords: number, evidence: number): Unit {
  question.lines = [];
  const unit: Unit = {
    ...question,
    part,
    alternative: false,
    lines: [{ line, from: labelWords }],
    evidence: Math.max(evidence, 1.2),
    children: [],
    mark: null,
  };
  question.children.push(unit);
  return unit;
}

/** "5x2=10" in a section of five questions: two each. */
function settleEach(section: ReadSection, questions: readonly PaperQuestion[]): void {
  if (section.each.length > 1 && section.product) {
    const [a, b] = section.product.factors;
    const printed = new Set(questions.map(({ mark }) => mark));
    section.each = questions.length === a ? [b] : questions.length === b ? [a] : printed.has(b) ? [b] : printed.has(a) ? [a] : section.each;
  }
  section.marksEach = section.each.length === 1 ? (section.each[0] ?? null) : null;
}

const hasText = (unit: Unit): boolean =>
  unit.lines.filter(({ line }) => isReadable(line.words)).reduce((sum, { line, from }) => sum + Math.max(0, line.words.length - from), 0) >=
  2;
const isMarked = (unit: Unit): boolean => unit.mark !== null || unit.product !== null || unit.children.some(isMarked);

/** Which parts stand by themselves, what each carries, and whether that adds up. */
function settle(question: PaperQuestion, section: ReadSection | undefined): void {
  const stem = textOf(question.lines.flatMap(({ line, from }) => line.words.slice(from)));
  question.choose = question.children.length > 0 ? chosenOf(stem, question.children.length) : null;
  if (question.product && question.children.length > 0) share(question, question.product, question.choose);
  else if (question.product) question.mark ??= question.product.total;
  const must = question.mark ?? section?.marksEach ?? null;
  question.leaves = leavesOf(question, must);
  if (question.leaves.length === 1 && question.leaves[0] === question) {
    const each = section?.marksEach ?? null;
    if (each !== null && (question.mark === null || (section?.product && question.mark !== each))) {
      // "5x2=10" proves itself; a single digit in the margin does not.
      question.markCost = question.mark === null ? 0.1 : 0.5;
      question.mark = each;
    }
    question.worth = question.mark;
    question.adds = each !== null && question.mark !== null ? question.markCost < 0.5 : null;
    return;
  }
  const unknown = question.leaves.filter(({ mark }) => mark === null);
  const known = question.leaves.reduce((sum, { mark }) => sum + (mark ?? 0), 0);
  const [only] = unknown;
  if (only && unknown.length === 1 && must !== null && known > 0 && known < must && question.choose === null) {
    only.mark = must - known;
    only.markCost = 0.5;
  }
  const complete = question.leaves.every(({ mark }) => mark !== null);
  const sum = complete ? worthOfParts(question) : null;
  question.adds = sum === null || must === null ? null : Math.abs(sum - must) < 0.01;
  question.worth = sum ?? must;
}

/** "any four of the following" above more than four parts. */
function chosenOf(stem: string, parts: number): number | null {
  const choose = readInstruction(stem)?.choose ?? null;
  return choose !== null && choose < parts ? choose : null;
}

/** "(2.5x4)" above parts: 2.5 for each of them. */
function share(question: PaperQuestion, product: MarkProduct, choose: number | null): void {
  const [each] = eachOf(product, choose ?? question.children.length);
  for (const child of question.children) {
    if (child.mark !== null) continue;
    child.mark = each ?? null;
    child.markCost = 0.2;
  }
  question.mark ??= product.total;
}

/** Parts that carry marks, or that make up a question without a text of its own; otherwise the question with all its text. */
function leavesOf(question: PaperQuestion, must: number | null): Unit[] {
  const parts = question.children;
  if (parts.length === 0) return [question];
  const options = parts.every(({ part }) => part?.style === 'capital');
  if (!parts.some(isMarked) && (options || (must !== null && hasText(question)))) return [question];
  return parts.flatMap((part) => (part.children.length > 0 && part.mark === null && part.children.some(isMarked) ? part.children : [part]));
}

/** What a student can reach by the parts: alternatives count once, of a choice the best. */
export function worthOfParts(question: PaperQuestion): number {
  const worth: number[] = [];
  for (const part of question.children) {
    const own = question.leaves.includes(part) ? (part.mark ?? 0) : part.children.reduce((sum, { mark }) => sum + (mark ?? 0), 0);
    if (part.alternative && worth.length > 0) worth.push(Math.max(worth.pop() ?? 0, own));
    else worth.push(own);
  }
  return worth
    .sort((a, b) => b - a)
    .slice(0, question.choose ?? worth.length)
    .reduce((sum, value) => sum + value, 0);
}

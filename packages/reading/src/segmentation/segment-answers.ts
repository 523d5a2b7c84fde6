import type { PageReading } from '@gradeflow/contracts';
import type { SegmentAnswersOptions, Segmentation } from '../types.ts';
import { assignWords, type Found } from './assign-words.ts';
import { bestChain } from './best-chain.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { type ChoiceTable, findChoiceTables } from './choice-tables.ts';
import { findAside, isMarks } from './clean-answers.ts';
import { doubtsOf, numbersBelow } from './doubts.ts';
import { findFurniture } from './furniture.ts';
import { type NumberNode, numberTree } from './key-numbers.ts';
import { readLabel } from './labels.ts';
import { type Prompt, preparePrompts } from './prompts.ts';
import { layOut, type SheetLine } from './sheet-text.ts';
import { clip, type Stretch } from './stretch.ts';

/** A sheet while it is split. */
interface Sheet {
  /** Without furniture. */
  lines: SheetLine[];
  prompts: Map<string, Prompt>;
  /** Numbers that were found in tables of choices. */
  inTables: Set<NumberNode>;
  found: Found;
}

/**
 * Splits what was read into one answer for each of the key's `numbers` that is found. Pure, deterministic.
 *
 * Every word of every page ends in exactly one place: an answer, a label (with its marks and the copied question), or `unassigned`
 * (text before the first number, page headers and footers, text between a heading and its first part). When a place has room for one
 * question only and shows no number, all its text is that question's answer. Tables of choices are found first, by geometry. The rule
 * for the rest is the best chain of labels (best-chain.ts), first over the main numbers, then over the parts inside each.
 * `prompts`: the questions' texts by number, so that a copied question is not taken for a part of the answer.
 */
export function segmentAnswers(pages: PageReading[], numbers: string[], options: SegmentAnswersOptions = {}): Segmentation {
  const tree = numberTree(numbers);
  const prompts = preparePrompts(options.prompts ?? {});
  const tables = findChoiceTables(pages, tree);
  const plain = () => split(pages, numbers, tree, prompts, []);
  if (tables.length === 0) return plain().segmentation;
  const withTables = split(pages, numbers, tree, prompts, tables);
  // Numbers that the rest of the sheet shows as well: the table is part of an answer ("match the pairs").
  const entries = tables.flatMap((table) => table.entries);
  const elsewhere = entries.filter((entry) => withTables.alsoOutside.has(entry.node)).length;
  return elsewhere >= 0.5 * entries.length ? plain().segmentation : withTables.segmentation;
}

function split(pages: PageReading[], numbers: string[], tree: NumberNode[], prompts: Map<string, Prompt>, tables: ChoiceTable[]) {
  const claimed = claimedWords(tables);
  const detached = (line: string) => isMarks(line) || readLabel(line, 0, tree)?.end === line.length;
  const sheet = layOut(pages, detached, (page, index) => claimed.has(`${page}/${index}`));
  const furniture = findFurniture(sheet.lines, tree, (line) => {
    const label = readLabel(line.text, 0, tree);
    return label !== null && label.style !== 'bare';
  });
  const lines = sheet.lines.filter((_, i) => !furniture.has(i));
  const found: Found = { answers: new Map(), labels: [], doubtful: new Set() };
  const inTables = new Set(tables.flatMap((table) => table.entries.map((entry) => entry.node)));
  for (const table of tables) for (const node of table.unsure) for (const number of numbersBelow(node)) found.doubtful.add(number);
  const state: Sheet = { lines, prompts, inTables, found };
  splitLevel(state, [{ start: 0, end: sheet.text.length }], tree, 0);
  found.labels.push(...findAside(sheet.text, lines, found.answers, prompts));
  const words = new Map(pages.map((page) => [page.number, page.words]));
  const segmentation = assignWords(sheet, lines, numbers, found, tables, (page, index) => words.get(page)?.[index]?.text ?? '');
  return { segmentation, alsoOutside: tables.length > 0 ? chosenNodes(state, tree, sheet.text.length) : new Set<NumberNode>() };
}

function claimedWords(tables: ChoiceTable[]): Set<string> {
  const claimed = new Set<string>();
  for (const { entries, rest } of tables) {
    for (const { page, index } of rest) claimed.add(`${page}/${index}`);
    for (const { page, label, choice } of entries) {
      for (const index of label) claimed.add(`${page}/${index}`);
      for (const { index } of choice) claimed.add(`${page}/${index}`);
    }
  }
  return claimed;
}

/** Main numbers that a chain over the text outside the tables shows. */
function chosenNodes({ lines, prompts }: Sheet, nodes: NumberNode[], length: number): Set<NumberNode> {
  const candidates = findCandidates([{ start: 0, end: length }], { lines, nodes, depth: 0, prompts });
  return new Set(bestChain(candidates, nodes.length).chosen.flatMap((at) => candidates[at]?.label.node ?? []));
}

/** Finds the labels of one level inside `stretches` and goes down into the parts of each. */
function splitLevel(sheet: Sheet, stretches: Stretch[], nodes: NumberNode[], depth: number): void {
  const { lines, found, inTables } = sheet;
  const all = findCandidates(stretches, { lines, nodes, depth, prompts: sheet.prompts });
  const candidates = all.filter((candidate) => !inTables.has(candidate.label.node));
  const known = nodes.reduce((bits, node, order) => (inTables.has(node) ? bits | (1n << BigInt(order)) : bits), 0n);
  const chain = bestChain(candidates, nodes.length, known);
  const only = nodes.length === 1 ? nodes[0] : undefined;
  if (only && !inTables.has(only) && !beginsWithLabel(lines, candidates[chain.chosen[0] ?? -1])) {
    descend(sheet, only, stretches, depth);
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
  for (const [node, own] of taken) descend(sheet, node, own, depth);
  for (const number of doubtsOf({ lines, candidates, chain, nodes, taken, inTables })) found.doubtful.add(number);
}

/** With a single question a number deep in the text is a list inside its answer. */
function beginsWithLabel(lines: SheetLine[], first: Candidate | undefined): boolean {
  if (!first) return false;
  const before = lines.filter((line) => line.end <= first.at).map((line) => line.text.split(' ').length);
  return before.reduce((sum, words) => sum + words, 0) <= 25;
}

function descend(sheet: Sheet, node: NumberNode, own: Stretch[], depth: number): void {
  const { found } = sheet;
  if (node.children.length > 0) {
    const before = found.labels.length;
    splitLevel(sheet, own, node.children, depth + 1);
    if (node.number === null) return;
    const firstPart = found.labels[before]?.start ?? Number.POSITIVE_INFINITY;
    addAnswer(found, node.number, clip(own, 0, firstPart));
  } else if (node.number !== null) addAnswer(found, node.number, own);
}

function addAnswer(found: Found, number: string, own: Stretch[]): void {
  found.answers.set(number, [...(found.answers.get(number) ?? []), ...own]);
}

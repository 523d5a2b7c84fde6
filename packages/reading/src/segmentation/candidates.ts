import type { ChainCandidate } from './best-chain.ts';
import type { NumberNode } from './key-numbers.ts';
import { type Label, readLabel } from './labels.ts';
import { findLostLabels } from './lost-labels.ts';
import { endOfCopy, type Prompt } from './prompts.ts';
import type { SheetLine } from './sheet-text.ts';
import { lineIndexAt, linesIn, type Stretch } from './stretch.ts';

/** A label with its place in the sheet's text: `at` is where it begins with all that was crossed out before it. */
export interface Candidate extends ChainCandidate {
  at: number;
  /** `end` counts in the sheet's text. */
  label: Label;
}

/** What labels are looked for with. */
export interface LabelSearch {
  lines: SheetLine[];
  nodes: NumberNode[];
  depth: number;
  prompts: Map<string, Prompt>;
}

/** What a pen leaves of a crossed-out word, and other signs that are no text: at most three characters. */
const strokes = /^(?:[^\p{L}\p{N}\s([{#"'“‘]{1,3}|[xX]{1,3})\s+/u;
/** A number that was crossed out is often misread: a short token that is no word. */
const scribble = /^(?=\S*[^\p{L}\s])(?=\S*[^\p{N}.)\s])\S{1,4}\s+/u;

/** A crossed-out number need not be one of the key's. */
const anyNumber: NumberNode[] = Array.from({ length: 60 }, (_, i) => ({ token: String(i + 1), number: null, children: [] }));

/** Labels at the starts of lines, and directly behind the heading; on the first level also "1. B  2. C" inside a line. */
export function findCandidates(stretches: Stretch[], search: LabelSearch): Candidate[] {
  const found = stretches.flatMap((stretch) => linesIn(search.lines, stretch).flatMap((line) => candidatesOfLine(line, stretch, search)));
  if (search.depth > 0) return found;
  const lost = findLostLabels(search.lines, search.nodes, new Set(found.map((candidate) => candidate.at)));
  const more = lost.map(({ line, label }) => ({ ...toCandidate(line, line.start, label, search), crossed: !label.keyword }));
  return more.length === 0 ? found : [...found, ...more].sort((a, b) => a.at - b.at);
}

function candidatesOfLine(line: SheetLine, stretch: Stretch, search: LabelSearch): Candidate[] {
  const { nodes, depth } = search;
  const from = Math.max(line.start, stretch.start);
  const behindHeading = from > line.start || (depth > 0 && from === stretch.start);
  const label = readLabel(line.text, from - line.start, nodes, { glued: behindHeading && depth > 0 });
  if (!label || (depth > 0 && label.style === 'bare' && !behindHeading)) return depth === 0 ? withoutLabel(line, search) : [];
  const first = toCandidate(line, from, label, search);
  if (behindHeading) {
    return [{ ...first, ...(label.style === 'bare' && { style: 'glued', runsOn: false }), indent: 'flush' as const, gapAbove: null }];
  }
  if (depth > 0) return [first];
  const inline = inlineCandidates(line, first, search);
  return [first, ...(inline.length > 1 ? [] : rewritten(line, label, search)), ...inline];
}

/** A number behind strokes of the pen, or a copied question that begins without a number. */
function withoutLabel(line: SheetLine, search: LabelSearch): Candidate[] {
  const foreign = readLabel(line.text, 0, anyNumber);
  const noise = strokes.exec(line.text) ?? scribble.exec(line.text);
  const behind = foreign && foreign.style !== 'bare' ? foreign.end : noise?.[0].length;
  const label = behind === undefined ? null : readLabel(line.text, behind, search.nodes);
  if (label && (!foreign || foreign.style === label.style) && label.style !== 'bare' && !label.repaired)
    return [{ ...toCandidate(line, line.start, label, search), crossed: true }];
  const written = behindScribble(line.text, search.nodes);
  if (written) return [{ ...toCandidate(line, line.start, written, search), crossed: true }];
  for (const [order, node] of search.nodes.entries()) {
    const prompt = node.number === null ? undefined : search.prompts.get(node.number);
    if (!prompt || endOfCopy(search.lines, line.start, Number.POSITIVE_INFINITY, prompt) === null) continue;
    const bare = {
      node,
      end: 0,
      style: 'copied',
      keyword: false,
      repaired: false,
      continued: false,
      part: null,
      runsOn: false,
      alone: false,
    };
    return [{ ...toCandidate(line, line.start, bare, search), order, confirmed: true }];
  }
  return [];
}

/** "Acts: 9+ Ans 7:": a label with a keyword behind at most three tokens near the line's start that are no text. */
function behindScribble(text: string, nodes: NumberNode[]): Label | null {
  for (const { index } of text.slice(0, 28).matchAll(/(?<=\s)\S/g)) {
    const before = text.slice(0, index).trim().split(/\s+/);
    if (before.length > 3 || !before.some((token) => /[^\p{L}]|^\p{Lu}+$/u.test(token.replace(/[.,]$/, '')))) continue;
    const label = readLabel(text, index, nodes);
    if (label?.keyword && /\p{L}/u.test(text[index] ?? '')) return label;
  }
  return null;
}

/** A second label directly behind the first: the first one was crossed out. Both begin at one place, so that only one can be chosen. */
function rewritten(line: SheetLine, label: Label, search: LabelSearch): Candidate[] {
  const second = readLabel(line.text, label.end, search.nodes);
  if (
    !second ||
    (second.style !== label.style && !second.keyword) ||
    second.style === 'bare' ||
    second.repaired ||
    second.node === label.node
  )
    return [];
  return [{ ...toCandidate(line, line.start, second, search), crossed: true }];
}

function toCandidate(line: SheetLine, at: number, label: Label, { lines, nodes, prompts }: LabelSearch): Candidate {
  const { style, keyword, repaired, continued, part, runsOn, alone } = label;
  const end = line.start + label.end;
  const prompt = label.node.number === null ? undefined : prompts.get(label.node.number);
  return {
    at,
    label: { ...label, end },
    order: nodes.indexOf(label.node),
    style,
    keyword,
    repaired,
    continued,
    part,
    runsOn: runsOn && !continued,
    alone,
    inline: false,
    crossed: false,
    parts: partsFollow(lines, line, label),
    confirmed: prompt !== undefined && endOfCopy(lines, end, Number.POSITIVE_INFINITY, prompt) !== null,
    gapAbove: line.gapAbove,
    indent: line.indent,
  };
}

/** Whether a question that has parts in the key is followed by its first one, in its line or the next; null for one without parts. */
function partsFollow(lines: SheetLine[], line: SheetLine, { node, part, end }: Label): boolean | null {
  const [first] = node.children;
  if (!first) return null;
  if (part !== null || readLabel(line.text, end, node.children, { glued: true })?.node === first) return true;
  const next = lines[lineIndexAt(lines, line.end)];
  const label = next && readLabel(next.text, 0, node.children);
  return label?.node === first && label.style !== 'bare';
}

/** "1. B  2. C  3. true": numbers that go on by one inside a line, each a few words behind the last. */
function inlineCandidates(line: SheetLine, first: Candidate, search: LabelSearch): Candidate[] {
  const more: Candidate[] = [];
  let last = first;
  for (let at = last.label.end - line.start; at < line.text.length; at++) {
    if (line.text[at - 1] !== ' ') continue;
    const label = readLabel(line.text, at, search.nodes);
    if (!label || label.style !== last.style || label.style === 'bare' || label.repaired) continue;
    const between = line.text.slice(last.label.end - line.start, at).trim();
    if (search.nodes.indexOf(label.node) !== last.order + 1 || between === '' || between.split(' ').length > 4) continue;
    last = { ...toCandidate(line, line.start + at, label, search), inline: true, gapAbove: null, indent: 'flush' };
    more.push(last);
    at = label.end - 1;
  }
  return more;
}

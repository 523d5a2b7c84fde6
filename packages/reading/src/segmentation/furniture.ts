import type { NumberNode } from './key-numbers.ts';
import type { SheetLine } from './sheet-text.ts';
import { lettersOf, similarity } from './similarity.ts';

const pageNumber = /^[\s\-–—(]*(?:(?:page|seite|p\.|pg\.?)\s*)?\d{1,3}\s*(?:(?:of|von|\/)\s*\d{1,3})?[\s\-–—).]*$/i;
const explicitPageNumber =
  /^\W*(?:(?:page|seite|pg?\.?)\s*\d{1,3}\b|(?:page|seite)\s+(?:[lI|!\d]{1,3}\s+)?(?:of|von)\s+\d|\d{1,3}\s*(?:of|\/)\s*\d{1,3}\W*$)/i;
/** Misread as "Pagel", "Page |". */
const misreadPageNumber = /^\W*(?:page|seite)[\s\W]*[lI|!SO\d]{0,3}\W*$/i;
const turnOver = /^\W*(?:p\.?\s*t\.?\s*[o0]\.?|(?:please\s+)?turn\s+over)\W*$/i;
const goesOn =
  /^\W*(?:to\s+be\s+)?(?:continued|cont(?:['’]?d|\.)?)\W*(?:(?:on|from|in|to)\s+)?(?:the\s+)?(?:(?:next|previous|last|other|back)\s+)?(?:page|sheet|side)?\W*$/i;
const personField =
  /^\W*(?:(?:full|student|candidate)(?:'s)?\s+)?(?:name|student|candidate|roll|matric\w*|class|section|date|subject|school|seat|id)\b[^.!?]{0,20}[:#]/i;
const heading = /^\W*(?:section|part|group|teil|abschnitt|partie|sección)\s*[-–:.]?\s*["'(]?([A-H]|[IVX]{1,4}|\d)["')]?(?=\W|$)/i;

/**
 * Lines that belong to the paper and not to any answer: running headers and footers (the same words at the same height on
 * another page), page numbers, "turn over", "continued on next page", name and date fields at a page's top, headings of sections
 * ("Section B") that are no number of the key. `mayBeLabel` protects lines that begin with a question's number: "Question 1",
 * "Question 2" on top of every page are no header. Returns indexes into `lines`.
 */
export function findFurniture(lines: SheetLine[], nodes: NumberNode[], mayBeLabel: (line: SheetLine) => boolean): Set<number> {
  const found = new Set<number>();
  const edgeLines = lines
    .map((line, i) => ({ line, i, letters: lettersOf(line.text) }))
    .filter(({ line }) => line.height < 0.12 || line.height > 0.88);
  const isFurniture = ({ line, letters }: EdgeLine, outermost: boolean, behindFurniture: boolean) => {
    if (explicitPageNumber.test(line.text)) return true;
    if (outermost && misreadPageNumber.test(line.text)) return true;
    if (outermost && pageNumber.test(line.text) && !/[.)]\s*$/.test(line.text)) return true;
    if (mayBeLabel(line)) return false;
    if (line.height < 0.12 && personField.test(line.text)) return true;
    return behindFurniture && edgeLines.some((other) => other.line.page !== line.page && sameRunningLine(line, letters, other));
  };
  for (const edge of pageEdges(edgeLines)) {
    // From the paper's edge inwards: what runs on every page stands outside of what was written.
    let behindFurniture = true;
    edge.forEach((entry, at) => {
      const outermost = Math.abs(entry.line.height - (edge[0]?.line.height ?? 0)) < 0.005;
      if (isFurniture(entry, outermost, behindFurniture || at === 0)) found.add(entry.i);
      else behindFurniture = false;
    });
  }
  lines.forEach((line, i) => {
    if (turnOver.test(line.text) || isHeading(line, nodes, mayBeLabel)) found.add(i);
  });
  for (const i of turns(lines, found)) if (goesOn.test(lines[i]?.text ?? '')) found.add(i);
  return found;
}

interface EdgeLine {
  line: SheetLine;
  i: number;
  letters: string;
}

/** The lines at the top and at the bottom of each page, the outermost first. */
function pageEdges(lines: EdgeLine[]): EdgeLine[][] {
  const edges = Map.groupBy(lines, ({ line }) => `${line.page}${line.height < 0.5 ? 'top' : 'bottom'}`);
  return [...edges.values()].map((edge) => edge.toSorted((a, b) => Math.abs(b.line.height - 0.5) - Math.abs(a.line.height - 0.5)));
}

/** The first and the last two lines of each column that are not furniture already. */
function turns(lines: SheetLine[], found: Set<number>): number[] {
  const rest = lines.map((_, i) => i).filter((i) => !found.has(i));
  return rest.filter((i, at) => [-2, -1, 1, 2].some((step) => lines[rest[at + step] ?? -1]?.column !== lines[i]?.column));
}

/** "Section B" alone or with a few words, unless the key has such a number. */
function isHeading(line: SheetLine, nodes: NumberNode[], mayBeLabel: (line: SheetLine) => boolean): boolean {
  const token = heading.exec(line.text)?.[1]?.toLowerCase();
  if (token === undefined || line.text.split(' ').length > 9 || /[.!?]$/.test(line.text)) return false;
  return !nodes.some((node) => node.token === token) && (/^[a-h]$/.test(token) || !mayBeLabel(line));
}

function sameRunningLine(line: SheetLine, letters: string, other: { line: SheetLine; letters: string }): boolean {
  if (Math.abs(line.height - other.line.height) > 0.03) return false;
  return letters.length >= 4 && other.letters.length >= 4 && similarity(letters, other.letters) >= 0.85;
}

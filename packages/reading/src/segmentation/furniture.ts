import type { SheetLine } from './sheet-text.ts';

const pageNumber = /^[\s\-–—(]*(?:(?:page|seite|p\.|pg\.?)\s*)?\d{1,3}\s*(?:(?:of|von|\/)\s*\d{1,3})?[\s\-–—).]*$/i;
const explicitPageNumber = /^\W*(?:(?:page|seite|pg?\.?)\s*\d{1,3}\b|\d{1,3}\s*(?:of|\/)\s*\d{1,3}\W*$)/i;
const turnOver = /^\W*(?:p\.?\s*t\.?\s*o\.?|(?:please\s+)?turn\s+over|continued\s+on\s+(?:the\s+)?next\s+page)\W*$/i;
const personField =
  /^\W*(?:(?:full|student|candidate)(?:'s)?\s+)?(?:name|student|candidate|roll|matric\w*|class|section|date|subject|school|seat|id)\b[^.!?]{0,20}[:#]/i;

/**
 * Lines that belong to the paper and not to any answer: running headers and footers (the same words at the same height on
 * another page), page numbers, "turn over", name and date fields at a page's top. `mayBeLabel` protects lines that begin with a
 * question's number: "Question 1", "Question 2" on top of every page are no header. Returns indexes into `lines`.
 */
export function findFurniture(lines: SheetLine[], mayBeLabel: (line: SheetLine) => boolean): Set<number> {
  const found = new Set<number>();
  const edgeLines = lines.map((line, i) => ({ line, i })).filter(({ line }) => line.height < 0.12 || line.height > 0.88);
  for (const { line, i } of edgeLines) {
    const top = line.height < 0.12;
    const outermost = top ? lines[i - 1]?.page !== line.page : lines[i + 1]?.page !== line.page;
    if (turnOver.test(line.text) || explicitPageNumber.test(line.text)) found.add(i);
    else if (outermost && pageNumber.test(line.text) && !/[.)]\s*$/.test(line.text)) found.add(i);
    else if (mayBeLabel(line)) continue;
    else if (top && personField.test(line.text)) found.add(i);
    else if (edgeLines.some((other) => other.line.page !== line.page && sameRunningLine(line, other.line))) found.add(i);
  }
  return found;
}

function sameRunningLine(a: SheetLine, b: SheetLine): boolean {
  if (Math.abs(a.height - b.height) > 0.03) return false;
  const left = lettersOf(a.text);
  const right = lettersOf(b.text);
  return left.length >= 4 && right.length >= 4 && similarity(left, right) >= 0.85;
}

const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}]/gu, '');

/** Dice coefficient over letter pairs, so that a misread letter does not hide a header. */
function similarity(a: string, b: string): number {
  if (a === b) return 1;
  const pairs = (text: string) => Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2));
  const rest = pairs(b);
  let common = 0;
  for (const pair of pairs(a)) {
    const at = rest.indexOf(pair);
    if (at < 0) continue;
    common++;
    rest.splice(at, 1);
  }
  return (2 * common) / (a.length + b.length - 2);
}

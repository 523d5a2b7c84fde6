import type { NumberNode } from './key-numbers.ts';
import { type Label, readLabel } from './labels.ts';
import type { SheetLine } from './sheet-text.ts';

const keywordAlone =
  /^\W*(?:(?:ans(?:wer)?|solution)\s+(?:to|of|for)\s+)?(?:the\s+)?(?:question|problem|task|exercise|aufgabe|frage)\s*(?:no\.?|nr\.?)?\W*$/i;
/** A heading that was misread is not longer. */
const mostLetters = 3;

/**
 * Places where a main number stands that was not read, each with every number that it may be; all of them begin at one place, so that
 * the chain takes the one that fits. "Answer to Question" alone in a line: a thin 1 is easily taken for a stroke. And where parts begin
 * anew (`c)`, later `a)`) without a number before them: the heading is the short line above, or nothing. `known`: where labels begin.
 */
export function findLostLabels(
  lines: SheetLine[],
  nodes: NumberNode[],
  known: ReadonlySet<number>,
): Array<{ line: SheetLine; label: Label }> {
  const withParts = nodes.filter((node) => node.children.length > 0);
  const parts = [...new Map(withParts.flatMap((node) => node.children).map((part) => [part.token, part])).values()];
  let last = -1;
  return lines.flatMap((line, i) => {
    if (known.has(line.start)) {
      last = -1;
      return [];
    }
    if (keywordAlone.test(line.text)) return nodes.map((node) => ({ line, label: lostLabel(node, line.text.length, 'keyword') }));
    const part = readLabel(line.text, 0, parts);
    if (!part || part.style === 'bare' || part.keyword) return [];
    const at = parts.indexOf(part.node);
    const before = lines[i - 1];
    const heading = before && !known.has(before.start) && before.text.length <= mostLetters ? before : null;
    const anew = at === 0 && (last > 0 || heading !== null);
    last = at;
    if (!anew) return [];
    if (!heading) return withParts.map((node) => ({ line, label: lostLabel(node, 0, 'lost') }));
    // "23", "2s": the number is there, and its full stop was taken for a character.
    const alike = withParts.filter((node) => heading.text.slice(0, -1) === node.token);
    const style = alike.length > 0 ? '.' : 'lost';
    return (alike.length > 0 ? alike : withParts).map((node) => ({ line: heading, label: lostLabel(node, heading.text.length, style) }));
  });
}

function lostLabel(node: NumberNode, end: number, style: string): Label {
  return { node, end, style, keyword: style === 'keyword', repaired: true, continued: false, part: null, runsOn: false, alone: true };
}

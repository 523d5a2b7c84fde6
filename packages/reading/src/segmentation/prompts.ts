import type { SheetLine } from './sheet-text.ts';
import { similarity } from './similarity.ts';
import { lineIndexAt } from './stretch.ts';

/** A question's own text, prepared for comparison. */
export interface Prompt {
  number: string;
  words: string[];
}

const wordOf = (text: string) =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}\d]/gu, '');

/** The same but for a misread letter or two. */
function sameWord(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length < 4 || b.length < 4 || Math.abs(a.length - b.length) > 2 || (a[0] !== b[0] && a.at(-1) !== b.at(-1))) return false;
  return similarity(a, b) >= 0.66;
}

/** Texts of the questions by number; those of a single word say nothing and are left out. */
export function preparePrompts(prompts: Readonly<Record<string, string>>): Map<string, Prompt> {
  const prepared = Object.entries(prompts).map(([number, text]): [string, Prompt] => {
    const words = text.split(/\s+/).map(wordOf).filter(Boolean).slice(0, 150);
    return [number, { number, words }];
  });
  return new Map(prepared.filter(([, prompt]) => prompt.words.length >= 2));
}

/**
 * Where a copy of `prompt` that begins at the offset `at` ends (behind its last word), or null when none begins there. Words
 * are aligned with few edits (a quarter of the prompt's words may be missing, added or misread), so that a misread copy is found; the
 * beginning of a prompt alone counts when at least six of its words end a line. `lines`: without headers and footers.
 */
export function endOfCopy(lines: SheetLine[], at: number, until: number, prompt: Prompt): number | null {
  const begin = wordsFrom(lines, at, until, 3);
  const start = begin.filter((word, i) => prompt.words.slice(0, i + 2).some((own) => sameWord(own, word.text))).length;
  if (start < 2) return null;
  const copied = wordsFrom(lines, at, until, Math.ceil(prompt.words.length * 1.3) + 4);
  const all = prompt.words.length;
  let whole = { cost: all, end: at };
  let partial: number | null = null;
  let row = prompt.words.map((_, i) => i + 1);
  for (const [j, word] of copied.entries()) {
    row = nextRow(row, prompt.words, word.text, j);
    const cost = row[all - 1] ?? all;
    // Equal: the later, because a misread last word is likelier than a missing one.
    if (cost <= whole.cost) whole = { cost, end: word.end };
    if (word.endsLine && row.some((edits, i) => i >= 5 && edits <= 0.1 * (i + 1))) partial = word.end;
  }
  return whole.cost <= (all <= 3 ? 0 : 0.25 * all) ? whole.end : partial;
}

/** One more word of the copy: edits to every beginning of the prompt. */
function nextRow(above: number[], words: string[], word: string, j: number): number[] {
  const row: number[] = [];
  words.forEach((own, i) => {
    const across = i === 0 ? j : (above[i - 1] ?? 0);
    const left = i === 0 ? j + 1 : (row[i - 1] ?? 0);
    row.push(Math.min(across + (sameWord(own, word) ? 0 : 1), (above[i] ?? 0) + 1, left + 1));
  });
  return row;
}

interface CopiedWord {
  text: string;
  end: number;
  endsLine: boolean;
}

function wordsFrom(lines: SheetLine[], at: number, until: number, most: number): CopiedWord[] {
  const found: CopiedWord[] = [];
  for (let i = lineIndexAt(lines, at); i < lines.length; i++) {
    const line = lines[i];
    if (!line || line.start >= until) break;
    for (const match of line.text.matchAll(/\S+/g)) {
      const start = line.start + match.index;
      if (start < at || start >= until) continue;
      const end = start + match[0].length;
      const text = wordOf(match[0]);
      if (text) found.push({ text, end, endsLine: end === line.end });
      else if (found.length > 0) Object.assign(found.at(-1) ?? {}, { end, endsLine: end === line.end });
      if (found.length >= most) return found;
    }
  }
  return found;
}

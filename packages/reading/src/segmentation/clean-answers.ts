import { endOfCopy, type Prompt } from './prompts.ts';
import type { SheetLine } from './sheet-text.ts';
import { clip, linesIn, type Stretch } from './stretch.ts';

const unit = String.raw`(?:marks?|mks?|m|points?|pts?|p)\.?`;
const namedMarks = new RegExp(
  String.raw`^\s*(?:(?:[([{]|[A-Z€]\s?)\s*[\dSlIOB]{1,3}(?:[.,]5)?\s*${unit}\s*[)\]}]|\d{1,3}\s*(?:marks?|pts)\b)[.:]?\s*`,
  'i',
);
const bareMarks = /^\s*[([]\s?\d{1,2}\s?[)\]]\s*/;
const namedMarksAtEnd = new RegExp(String.raw`\s*(?:[([{]\s*[\dSlIOB]{1,3}(?:[.,]5)?\s*${unit}\s*[)\]}])\s*$`, 'i');
const marksAlone = new RegExp(String.raw`^\W*\d{1,3}\s*(?:${unit})?\W*$`, 'i');
const marker = /^\s*(?:answer|ans|solution|soln|sol)\s*(?![.-]\d)[:.)=\-–]+>?\s*/i;
const markerBehindQuestion = /^\s*(?:answer|ans|solution|soln|sol|a(?=\s*:))\s*(?![.-]\d)[:.)=\-–]+>?\s*/i;
const asks =
  /\?|(?:^|[.!:]\s+)\W*(?:what|why|how|when|where|which|who|explain|define|describe|state|list|give|name|write|calculate|compute|find|compare|discuss|draw|prove|show|identify|suppose|consider|outline|evaluate|differentiate|distinguish)\b/i;
/** A rule to write on, as text layers hold it and pages that were read by OCR. */
const blank = /(?<!\S)_{3,}[.,;:]?(?!\S)/g;
/** A copied question is rarely longer. */
const mostQuestionLines = 8;

/** Marks alone: `[5]`, `(5 marks)`, `5 marks`. */
export const isMarks = (line: string): boolean =>
  new RegExp(`^(?:${namedMarks.source}|\\W*[([]\\s?\\d{1,2}\\s?[)\\]]\\W*)$`, 'i').test(line);

/** What is asked of every answer of a sheet at once: one habit explains many answers. */
interface Habits {
  /** Most answers begin with a number in brackets. */
  bareMarks: boolean;
  /** "Ans:" stands behind a copied question in most answers. */
  copies: boolean;
}

/**
 * What stands in the answers' stretches and is none of the student's answer: marks in brackets at its beginning or at a line's end, the
 * copied question (where the key has its text, or where "Ans:" follows something that asks), "Ans:" itself, and rules to write on. Two or more answers
 * must begin with bare numbers in brackets, and half of all, before these are marks.
 */
export function findAside(
  text: string,
  lines: SheetLine[],
  answers: Map<string, Stretch[]>,
  prompts: Map<string, Prompt>,
): Array<Stretch & { number: string }> {
  const habits = habitsOf(text, lines, [...answers.values()]);
  return [...answers].flatMap(([number, own]) =>
    asideOf(text, lines, own, prompts.get(number), habits).map((stretch) => ({ ...stretch, number })),
  );
}

function habitsOf(text: string, lines: SheetLine[], answers: Stretch[][]): Habits {
  const firsts = answers.flatMap(([first]) => first ?? []);
  const bare = firsts.filter(({ start, end }) => skipBareMarks(text, start, end) > start).length;
  const marked = firsts.flatMap((first) => questionBefore(text, lines, first, () => true) ?? []).length;
  const asked = firsts.flatMap((first) => questionBefore(text, lines, first, (question) => asks.test(question)) ?? []).length;
  return {
    bareMarks: bare >= 2 && bare >= 0.5 * firsts.length,
    copies: asked >= 2 && asked >= 0.5 * marked && marked >= 0.5 * firsts.length,
  };
}

function asideOf(text: string, lines: SheetLine[], own: Stretch[], prompt: Prompt | undefined, habits: Habits): Stretch[] {
  const first = own[0];
  if (!first) return [];
  const start = answerStart(text, lines, first, prompt, habits);
  const ends = clip(own, start, Number.POSITIVE_INFINITY).flatMap((stretch) =>
    linesIn(lines, stretch).flatMap((line) => marksAtEnd(text, line, stretch) ?? []),
  );
  const blanks = own.flatMap((stretch) =>
    [...text.slice(stretch.start, stretch.end).matchAll(blank)].map(({ index, 0: rule }) => ({
      start: stretch.start + index,
      end: stretch.start + index + rule.length,
    })),
  );
  return [...(start > first.start ? [{ start: first.start, end: start }] : []), ...ends, ...blanks];
}

/** Where the answer really begins. */
function answerStart(text: string, lines: SheetLine[], first: Stretch, prompt: Prompt | undefined, habits: Habits): number {
  let at = skipMarks(text, nextWritten(text, lines, first.start), first.end, habits.bareMarks);
  const copied = prompt ? endOfCopy(lines, at, first.end, prompt) : null;
  const asked = copied ?? questionBefore(text, lines, { start: at, end: first.end }, (question) => habits.copies || asks.test(question));
  if (asked !== null) at = nextWritten(text, lines, skipMarks(text, nextWritten(text, lines, asked), first.end, true));
  const found = (asked === null ? marker : markerBehindQuestion).exec(text.slice(at, Math.min(first.end, at + 40)));
  return found ? at + found[0].length : at;
}

/** Behind blanks and over headers and footers: the next offset at which something is written. */
function nextWritten(text: string, lines: SheetLine[], at: number): number {
  for (const line of linesIn(lines, { start: at, end: Number.POSITIVE_INFINITY })) {
    const from = Math.max(at, line.start);
    const blank = text.slice(from, line.end).search(/\S/);
    if (blank >= 0) return from + blank;
  }
  return at;
}

function skipMarks(text: string, at: number, end: number, bareToo: boolean): number {
  const named = namedMarks.exec(text.slice(at, Math.min(end, at + 40)))?.[0];
  if (named) return at + named.length;
  if (bareToo && bareMarks.exec(text.slice(at, end))?.[0].length === end - at) return end;
  return bareToo || bareMarksAt(text, at, end)?.includes('\n') ? skipBareMarks(text, at, end) : at;
}

/**
 * A bare number in brackets may be marks when something else follows (`2. (4)` is an answer) that is no list: `(1) … (2) …`. At the
 * end of a line it stands alone with the number, so that no habit has to confirm it.
 */
function skipBareMarks(text: string, at: number, end: number): number {
  const bare = bareMarksAt(text, at, end);
  return bare === null ? at : at + bare.length;
}

function bareMarksAt(text: string, at: number, end: number): string | null {
  const rest = text.slice(at, end);
  const bare = bareMarks.exec(rest)?.[0];
  if (!bare || !/[\p{L}\d]/u.test(rest.slice(bare.length))) return null;
  return /^\D*1\D*$/.test(bare) && rest.includes(`\n${bare.trim().replace('1', '2')}`) ? null : bare;
}

/** End of a text that is a question to `isQuestion` and is followed by a line that begins with "Ans:"; null without. */
function questionBefore(text: string, lines: SheetLine[], own: Stretch, isQuestion: (question: string) => boolean): number | null {
  const inside = linesIn(lines, own).slice(0, mostQuestionLines + 1);
  const answer = inside.findIndex((line, i) => i > 0 && markerBehindQuestion.test(line.text));
  const at = inside[answer]?.start;
  return at !== undefined && isQuestion(text.slice(own.start, at)) ? at : null;
}

function marksAtEnd(text: string, line: SheetLine, stretch: Stretch): Stretch | null {
  const start = Math.max(line.start, stretch.start);
  const end = Math.min(line.end, stretch.end);
  const named = namedMarksAtEnd.exec(text.slice(start, end));
  if (named) return { start: start + named.index, end };
  const apart = line.apartFrom;
  if (apart === null || apart <= start || apart >= end) return null;
  const tail = text.slice(apart, end);
  return /[([\])]/.test(tail) && marksAlone.test(tail) ? { start: apart, end } : null;
}

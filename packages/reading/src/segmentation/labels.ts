import type { NumberNode } from './key-numbers.ts';

/** Something at the start of a line that may be a question's number. */
export interface Label {
  node: NumberNode;
  /** End of number, punctuation and blanks behind it, in the text that was searched. */
  end: number;
  /** How it is written: `keyword`, or its punctuation, `part` (only its part has some: "1a)"), or `bare`. */
  style: string;
  keyword: boolean;
  /** Characters of the number were taken for others that look alike. */
  repaired: boolean;
  continued: boolean;
  /** Token of the part that follows directly, e.g. `a` in `1(a)`; null without. */
  part: string | null;
  /** A bare number before a small letter reads like the text ("2 hydrogen atoms"). */
  runsOn: boolean;
  /** Nothing else stands in the line. */
  alone: boolean;
}

const nouns =
  'questions?|ques|quest|qns?|que|q|problems?|prob|tasks?|exercises?|aufgabe|frage|exercice|pregunta|ejercicio|domanda|esercizio';
const answers = 'answers?|ans|solutions?|soln?|antwort|réponse|respuesta|risposta';
/** "Q", "Question", "Ans to Q.", "Answer 2". No colon between answer and number: "Ans: 42" is an answer, not a label. */
const keywordPattern = new RegExp(
  `(?:(?:${answers})[\\s.:]*(?:(?:to|of|for)\\s+)?(?:the\\s+)?)?(?:${nouns})[\\s.:\\-'‘’\`,]*(?:(?:no|nr|number)\\b)?[\\s.:#]*|(?:${answers})[\\s.\\-]*|a(?=\\d|[lISTOQZBG|]{1,2}[.):])|(?:no\\.|nr\\.|nº|#)\\s*`,
  'iy',
);
const describedKeyword = /\p{L}{4,}\s+(?:question|problem|task|exercise)\s+(?=\d{1,2}\s*[:.)(-])/iuy;
const partWord = /(?:part|section)\s+/iy;
const digitLike = /[\dlI|!JTSOQgBZG]{1,3}/y;
const punctuation = /\s?[)\]}.:,;°·]*(?:\s*(?:[-=]+>|[-–—](?=\s|\p{Lu}|$)))?/uy;
const continuation = /\s*[([–—-]?\s*(?:continued|cont(?:['’]?d)?\b)\s*[)\].:…]*/iy;
/** Not "Ans.3)", which is the next label. */
const answerWord = /\s*(?:answer|ans|solution|sol)\s*(?![.-]\d)[:.)=\-–]+>?/iy;

const lookAlikes: Record<string, string[]> = {
  l: ['1'],
  I: ['1'],
  '|': ['1'],
  '!': ['1'],
  J: ['7', '1'],
  T: ['7'],
  S: ['5'],
  O: ['0'],
  Q: ['9'],
  g: ['9'],
  B: ['8'],
  Z: ['2'],
  G: ['6'],
};

const match = (pattern: RegExp, text: string, at: number): string | null => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
};

/**
 * Reads a label of one of `nodes` that begins at `at` in `text` (one line). `glued`: the label directly follows its heading
 * ("1a"), so that a bare letter counts. Null when there is none. The repairs concern the number's own characters only.
 */
export function readLabel(text: string, at: number, nodes: NumberNode[], options: { glued?: boolean } = {}): Label | null {
  const start = at + (match(/[\s•*]*/y, text, at)?.length ?? 0);
  const keyword = match(describedKeyword, text, start) ?? match(keywordPattern, text, start) ?? match(partWord, text, start);
  const label = keyword
    ? readNumber(text, start + keyword.length, nodes, {
        keyword: true,
        glued: /\p{L}$/u.test(keyword) || /^(?:part|section)/i.test(keyword),
      })
    : null;
  return label ?? readNumber(text, start, nodes, { keyword: false, glued: options.glued ?? false });
}

function readNumber(text: string, from: number, nodes: NumberNode[], how: { keyword: boolean; glued: boolean }): Label | null {
  const open = match(/[([{]\s?/y, text, from) ?? '';
  const at = from + open.length;
  const found = readDigits(text, at, nodes) ?? readWordToken(text, at, nodes);
  if (!found) return null;
  const after = at + found.length;
  const marks = match(punctuation, text, after) ?? '';
  const part = partBehind(text, after + marks.length, found.node) ?? partBehind(text, after, found.node);
  const style = styleOf(open, marks, how.keyword, part !== null);
  const needsMarks = (found.repaired || found.letters) && !how.glued;
  if (style === 'bare' && needsMarks) return null;
  if (style === 'bare' && !part && /^[\p{L}\d]/u.test(text.slice(after))) return null;
  if (/^\s*[%=*/+](?!>)/.test(text.slice(after)) || /^[.,]\d/.test(text.slice(after, after + 2))) {
    if (!numericPart(text, after, found.node)) return null;
  }
  const end = behind(text, part ? part.at : after + marks.length);
  return {
    node: found.node,
    end: end.at,
    style,
    keyword: how.keyword,
    repaired: found.repaired || /[,;°·]/.test(marks),
    continued: end.continued,
    part: part?.token ?? null,
    alone: end.at === text.length && part === null,
    runsOn: style === 'bare' && /^\s+\p{Ll}/u.test(text.slice(after)),
  };
}

function styleOf(open: string, marks: string, keyword: boolean, part: boolean): string {
  if (keyword) return 'keyword';
  const mark = marks.trim();
  if (mark === '') return part ? 'part' : 'bare';
  if (open.trim() !== '') return '()';
  const first = mark[0] ?? '';
  return /[)\]}]/.test(first) ? ')' : /[.,;°·]/.test(first) ? '.' : first;
}

/** Blanks, "continued" and "Ans:" behind a number belong to the label. */
function behind(text: string, at: number): { at: number; continued: boolean } {
  const more = match(continuation, text, at);
  const afterMore = at + (more?.length ?? 0);
  const word = match(answerWord, text, afterMore);
  const afterWord = afterMore + (word?.length ?? 0);
  return { at: afterWord + (match(/\s*/y, text, afterWord)?.length ?? 0), continued: more !== null };
}

interface Found {
  node: NumberNode;
  length: number;
  repaired: boolean;
  letters: boolean;
}

function readDigits(text: string, at: number, nodes: NumberNode[]): Found | null {
  const run = match(digitLike, text, at);
  if (!run || /[\p{L}\d]/u.test(text[at + run.length] ?? '')) {
    // "1a", "12b": digits alone, the letter is the part's; "lii." is a misread "1ii.".
    const digits = match(/\d{1,3}(?!\d)|[lI|!](?=[a-z]{1,4}[.)])/y, text, at);
    const value = digits && /^\D/.test(digits) ? '1' : String(Number(digits));
    const node = digits && nodes.find((candidate) => candidate.token === value);
    if (!digits || !node || !partBehind(text, at + digits.length, node)) return null;
    return { node, length: digits.length, repaired: value !== digits, letters: false };
  }
  for (const reading of readings(run)) {
    const node = nodes.find((candidate) => candidate.token === String(Number(reading)));
    if (node) return { node, length: run.length, repaired: reading !== run, letters: false };
  }
  return null;
}

/** An engine that cannot decide gives both: "S5", "l1". */
const bothGuesses = /S5|5S|[lI|!]{2}|[lI|!]1|1[lI|!]|B8|8B|O0|0O|Z2|2Z|G6|6G/;

function readings(run: string): string[] {
  const once = run.replace(bothGuesses, (pair) => pair.match(/\d/)?.[0] ?? '1');
  let all = [''];
  for (const char of run)
    all = all.flatMap((prefix) => (/\d/.test(char) ? [char] : (lookAlikes[char] ?? [])).map((digit) => prefix + digit));
  return once === run ? all : [...all, once];
}

/** Letters and roman numbers; `l`, `1`, `|` may stand for i. */
function readWordToken(text: string, at: number, nodes: NumberNode[]): Found | null {
  const run = match(/[\p{L}1|!]{1,8}(?![\p{L}\d])/uy, text, at);
  if (!run) return null;
  const exact = nodes.find((candidate) => candidate.token === run.toLowerCase());
  if (exact) return { node: exact, length: run.length, repaired: false, letters: true };
  const roman = run.toLowerCase().replace(/[l1|!]/g, 'i');
  const node = /^[ivx]+$/.test(roman) ? nodes.find((candidate) => candidate.token === roman) : undefined;
  return node ? { node, length: run.length, repaired: true, letters: true } : null;
}

/** A part label directly behind a number; `at` is where it begins, so that the next level reads it again. */
function partBehind(text: string, at: number, node: NumberNode): { token: string; at: number } | null {
  const found = /^(\s?[([]?)(\p{L}{1,4}|\d{1,2})(?=[)\].:]|\s|$)/u.exec(text.slice(at, at + 10));
  const token = found?.[2]?.toLowerCase();
  if (!found || !token) return null;
  const closed = /^[)\].:]/.test(text.slice(at + found[0].length));
  const known = node.children.some((child) => child.token === token);
  const bracketed = (found[1] ?? '').trim() !== '';
  const tight = (found[1] ?? '') === '';
  if (known && (closed || tight)) return { token, at };
  // A part that the key does not have stays in the answer's text, but tells "1(b)" from a repeated "1".
  if (node.children.length === 0 && token.length === 1 && /[a-h]/.test(token) && closed && (bracketed || tight)) return { token, at };
  return null;
}

/** "1.2" with a part 2, or "1.1" where the part is i. */
function numericPart(text: string, at: number, node: NumberNode): boolean {
  const digits = /^[.,](\d{1,3})(?!\d)/.exec(text.slice(at, at + 5))?.[1];
  const roman = digits?.replaceAll('1', 'i');
  return digits !== undefined && node.children.some((child) => child.token === String(Number(digits)) || child.token === roman);
}

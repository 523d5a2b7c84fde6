import type { AnswerChange, Box, PageReading, QuestionResult, SubmissionResult } from '@gradeflow/contracts';
import { findNames, findPrivateAreas, type PagePerson } from '@gradeflow/reading';

type Unassigned = SubmissionResult['unassigned'][number];

/** Blots out names in what is told of a sheet, letter by letter, so that places and lengths stay. */
export interface NameScreen {
  /** An answer, a message: the names alone. Also an ordinary word that is a part of the one student's name. */
  text(text: string): string;
  /** The head of a sheet: what stands behind "Name:" too. */
  head(text: string): string;
  result(result: QuestionResult): QuestionResult;
  unassigned(items: readonly Unassigned[]): Unassigned[];
  change(change: AnswerChange): AnswerChange;
  page(page: PageReading): PageReading;
  /** What of the page's picture is to be painted over, in pixels of the page. */
  areas(page: PageReading): Box[];
}

interface Token {
  text: string;
  start: number;
  line: number;
}

/** `people`: all whose sheet it may be; of one person every part of the name is blotted out, of several full names. */
export function createNameScreen(people: readonly PagePerson[]): NameScreen {
  const text = (plain: string): string => {
    const tokens = tokensOf(plain);
    const lines = [...Map.groupBy(tokens, ({ line }) => line).values()];
    return blotOut(plain, [...findNames(lines, people), ...addresses(tokens)]);
  };
  const head = (plain: string): string => {
    const tokens = tokensOf(plain);
    const { hidden } = findPrivateAreas(asPage(tokens), people);
    return blotOut(
      plain,
      tokens.filter((_, index) => hidden.has(index)),
    );
  };
  return {
    text,
    head,
    result: (result) => ({
      ...result,
      answerText: text(result.answerText),
      feedback: text(result.feedback),
      criteria: result.criteria.map((criterion) => ({
        ...criterion,
        evidence: criterion.evidence.map((item) => ({ ...item, text: text(item.text) })),
      })),
    }),
    unassigned: (items) => items.map((item) => ({ ...item, text: head(item.text) })),
    change: (change) => {
      if ('text' in change) return { text: text(change.text) };
      return 'words' in change ? { words: change.words.map((word) => ({ ...word, text: text(word.text) })) } : change;
    },
    areas: (page) => findPrivateAreas(page, people).areas,
    page: (page) => {
      const { hidden } = findPrivateAreas(page, people);
      const words = page.words.map((word, index) => (hidden.has(index) ? { ...word, text: blot(word.text) } : word));
      const lines = Map.groupBy(words, ({ line }) => line).values();
      return { ...page, words, text: [...lines].map((line) => line.map((word) => word.text).join(' ')).join('\n') };
    },
  };
}

const blot = (text: string): string => '█'.repeat(text.length);

function tokensOf(text: string): Token[] {
  let from = 0;
  return text.split('\n').flatMap((line, at) => {
    const start = from;
    from += line.length + 1;
    return [...line.matchAll(/\S+/g)].map((match) => ({ text: match[0], start: start + match.index, line: at }));
  });
}

const addresses = (tokens: readonly Token[]): Token[] => tokens.filter(({ text }) => /[\p{L}\p{N}]@[\p{L}\p{N}]/u.test(text));

function blotOut(text: string, tokens: readonly Token[]): string {
  return tokens.reduce((seen, { start, text: token }) => seen.slice(0, start) + blot(token) + seen.slice(start + token.length), text);
}

/** Text laid out as on paper: what is personal on a page is found by where it stands. */
function asPage(tokens: readonly Token[]): PageReading {
  const starts = new Map<number, number>();
  const words = tokens.map(({ text, start, line }) => {
    const first = starts.get(line) ?? start;
    starts.set(line, first);
    const box: [number, number, number, number] = [(start - first) * 10, line * 40, text.length * 10, 20];
    return { text, confidence: 1, box, line };
  });
  const width = Math.max(10, ...words.map(({ box }) => box[0] + box[2]));
  const shape = { number: 1, confidence: 1, engine: 'text', rotation: 0, lines: [], doubts: [], contentHash: null, failure: null };
  return { ...shape, width, height: 40 * (starts.size + 1), text: '', words };
}

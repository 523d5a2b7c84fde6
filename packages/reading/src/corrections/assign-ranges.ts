import type { SegmentedAnswer, WordRange } from '../types.ts';
import type { CorrectedSheet } from './segment-corrected.ts';

/** Makes these words the answer; whatever else they were part of loses them. */
export function assignRanges(sheet: CorrectedSheet, numbers: string[], number: string, ranges: readonly WordRange[]): CorrectedSheet {
  const { pages, segmentation } = sheet;
  const taken = new Set(ranges.flatMap((range) => indexesOf(range).map((index) => `${range.page}/${index}`)));
  const isTaken = (page: number, index: number) => taken.has(`${page}/${index}`);
  const others = segmentation.answers.filter((answer) => answer.number !== number).map((answer) => without(answer, isTaken));
  const answers = [...others, answerOf(sheet, number, ranges)];
  // The words that it had and has not any more belong to nobody.
  const lost = segmentation.answers.find((answer) => answer.number === number)?.words.filter(({ page, index }) => !isTaken(page, index));
  const freed = (lost ?? []).map(({ page, index }) => ({ page, from: index, to: index + 1 }));
  return {
    pages,
    segmentation: {
      ...segmentation,
      answers: numbers.flatMap((known) => answers.find((answer) => answer.number === known) ?? []),
      unassigned: mergeRanges([...segmentation.unassigned.flatMap((range) => cutOut(range, isTaken)), ...freed]),
      labels: segmentation.labels.flatMap((label) => cutOut(label, isTaken)),
      doubtful: segmentation.doubtful.filter((doubted) => doubted !== number),
    },
  };
}

function answerOf({ pages }: CorrectedSheet, number: string, ranges: readonly WordRange[]): SegmentedAnswer {
  const byNumber = new Map(pages.map((page) => [page.number, page.words]));
  let text = '';
  let before: { page: number; line: number } | null = null;
  const words: SegmentedAnswer['words'] = [];
  for (const range of ranges)
    for (const index of indexesOf(range)) {
      const word = byNumber.get(range.page)?.[index];
      if (!word) continue;
      if (before) text += before.page === range.page && before.line === word.line ? ' ' : '\n';
      words.push({ start: text.length, end: text.length + word.text.length, page: range.page, index });
      text += word.text;
      before = { page: range.page, line: word.line };
    }
  return { number, text, words };
}

/** An answer less some of its words; where one is gone, a line begins. */
function without(answer: SegmentedAnswer, isTaken: (page: number, index: number) => boolean): SegmentedAnswer {
  if (!answer.words.some(({ page, index }) => isTaken(page, index))) return answer;
  let text = '';
  let lastAt = -1;
  const words: SegmentedAnswer['words'] = [];
  for (const [at, word] of answer.words.entries()) {
    if (isTaken(word.page, word.index)) continue;
    const between = answer.text.slice(answer.words[lastAt]?.end ?? 0, word.start);
    if (words.length > 0) text += lastAt === at - 1 ? between : '\n';
    words.push({ ...word, start: text.length, end: text.length + word.end - word.start });
    text += answer.text.slice(word.start, word.end);
    lastAt = at;
  }
  return { ...answer, text, words };
}

function indexesOf({ from, to }: WordRange): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
}

function cutOut<Range extends WordRange>(range: Range, isTaken: (page: number, index: number) => boolean): Range[] {
  const kept = indexesOf(range).filter((index) => !isTaken(range.page, index));
  if (kept.length === range.to - range.from) return [range];
  return joinIndexes(kept).map(([from, to]) => ({ ...range, from, to }));
}

function joinIndexes(indexes: number[]): Array<[number, number]> {
  const joined: Array<[number, number]> = [];
  for (const index of indexes) {
    const last = joined.at(-1);
    if (last && last[1] === index) last[1] = index + 1;
    else joined.push([index, index + 1]);
  }
  return joined;
}

function mergeRanges(ranges: WordRange[]): WordRange[] {
  const byPage = Map.groupBy(ranges, ({ page }) => page);
  return [...byPage]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([page, own]) => {
      const indexes = [...new Set(own.flatMap(indexesOf))].sort((a, b) => a - b);
      return joinIndexes(indexes).map(([from, to]) => ({ page, from, to }));
    });
}

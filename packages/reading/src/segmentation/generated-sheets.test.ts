import { describe, expect, it } from '@jest/globals';
import { segmentAnswers } from './segment-answers.ts';
import { makePages } from './sheet-maker.ts';

/** mulberry32: small seeded generator, so that the figures are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const vocabulary =
  'the plant uses light to make sugar from water and carbon dioxide a stack is last in first out because velocity equals distance over time we see that energy is kept when pressure rises most cells divide so heat flows from hot to cold'.split(
    ' ',
  );
const styles: Array<(n: number) => string> = [
  (n) => `${n}.`,
  (n) => `${n})`,
  (n) => `(${n})`,
  (n) => `Q${n}.`,
  (n) => `Question ${n}:`,
  (n) => `Ans ${n}:`,
  (n) => `Q${n})=>`,
  (n) => `${n}`,
];

interface Made {
  text: string;
  numbers: string[];
  /** First words of each answered question. */
  starts: Map<string, string>;
}

/** A typed sheet: a header, answers of one to six lines, lists and figures inside them, room between them on most sheets, questions left out. */
function makeSheet(random: () => number): Made {
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)] as T;
  const sentence = () => Array.from({ length: 4 + Math.floor(random() * 8) }, () => pick(vocabulary)).join(' ');
  const style = pick(styles);
  const room = random() < 0.8;
  const indented = random() < 0.5;
  const count = 3 + Math.floor(random() * 8);
  const numbers = Array.from({ length: count }, (_, i) => String(i + 1));
  const starts = new Map<string, string>();
  const lines = ['Name: A. Student', 'Term test', ''];
  for (const number of numbers) {
    if (random() < 0.08) continue;
    // A first word of its own makes the truth recognisable.
    const first = `Answer${number}x ${sentence()}`;
    starts.set(number, first.split(' ')[0] ?? '');
    lines.push(`${style(Number(number))} ${first}`, ...answerLines(random, sentence).map((line) => (indented ? `    ${line}` : line)));
    if (room) lines.push('');
    if (random() < 0.08) lines.push('\f');
  }
  return { text: lines.join('\n').replaceAll('\n\f\n', '\f'), numbers, starts };
}

function answerLines(random: () => number, sentence: () => string): string[] {
  const lines = Array.from({ length: Math.floor(random() * 5) }, sentence);
  const kind = random();
  if (kind < 0.2) lines.push(...Array.from({ length: 2 + Math.floor(random() * 3) }, (_, i) => `${i + 1}. ${sentence()}`));
  else if (kind < 0.3) lines.push(`${1 + Math.floor(random() * 9)}.${Math.floor(random() * 90) + 10} seconds is the result`);
  else if (kind < 0.4)
    lines.push(`19${10 + Math.floor(random() * 80)} was the year`, `${1 + Math.floor(random() * 6)} of them are ${sentence()}`);
  return lines;
}

function score(sheets: Made[]): { precision: number; recall: number; perfect: number; perfectWithoutDoubt: number } {
  let right = 0;
  let found = 0;
  let wanted = 0;
  let perfect = 0;
  let sure = 0;
  let sureAndPerfect = 0;
  for (const { text, numbers, starts } of sheets) {
    const { answers, doubtful } = segmentAnswers(makePages(text), numbers);
    const good = answers.filter((answer) => starts.get(answer.number) === answer.text.split(/\s/)[0]).length;
    right += good;
    found += answers.length;
    wanted += starts.size;
    const all = good === starts.size && answers.length === starts.size;
    if (all) perfect++;
    if (doubtful.length === 0) {
      sure++;
      if (all) sureAndPerfect++;
    }
  }
  return { precision: right / found, recall: right / wanted, perfect: perfect / sheets.length, perfectWithoutDoubt: sureAndPerfect / sure };
}

describe('segmentAnswers on generated sheets with lists and figures inside the answers', () => {
  it('finds nearly all numbers and takes hardly any wrong one', () => {
    const random = seeded(20_240);
    const figures = score(Array.from({ length: 400 }, () => makeSheet(random)));
    if (process.env.SHOW_FIGURES) process.stderr.write(`${JSON.stringify(figures)}\n`);
    expect(figures.precision).toBeGreaterThan(0.97);
    expect(figures.recall).toBeGreaterThan(0.97);
    expect(figures.perfect).toBeGreaterThan(0.89);
    expect(figures.perfectWithoutDoubt).toBeGreaterThan(0.97);
  });
});

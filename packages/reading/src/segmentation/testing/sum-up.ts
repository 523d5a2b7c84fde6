import type { SheetScore } from './score-sheet.ts';

/** Figures over many sheets, all shares from 0 to 1. */
export interface Figures {
  sheets: number;
  /** Answers found that begin where they should, of those found and of those written. */
  precision: number;
  recall: number;
  /** Of the written ones of which at least one word was read. */
  recallOfRead: number;
  linesRight: number;
  perfect: number;
  /** Sheets with a doubtful number, and perfect ones among the others. */
  flagged: number;
  perfectUnflagged: number;
}

export function sumUp(scores: SheetScore[]): Figures {
  const sum = (value: (score: SheetScore) => number, of = scores) => of.reduce((total, score) => total + value(score), 0);
  const right = sum((score) => score.right);
  const sure = scores.filter((score) => !score.flagged);
  return {
    sheets: scores.length,
    precision: right / sum((score) => score.found),
    recall: right / sum((score) => score.wanted),
    recallOfRead: right / sum((score) => score.read),
    linesRight: sum((score) => score.linesRight) / sum((score) => score.lines),
    perfect: sum((score) => Number(score.perfect)) / scores.length,
    flagged: sum((score) => Number(score.flagged)) / scores.length,
    perfectUnflagged: sum((score) => Number(score.perfect), sure) / sure.length,
  };
}

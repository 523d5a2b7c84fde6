import { beforeAll, describe, expect, it } from '@jest/globals';
import { segmentAnswers } from './segment-answers.ts';
import { makeSheet } from './testing/make-sheet.ts';
import { ownTexts } from './testing/own-texts.ts';
import { readPerfectly } from './testing/read-sheet.ts';
import { createMeasure } from './testing/scan-sheet.ts';
import { type SheetScore, scoreSheet } from './testing/score-sheet.ts';
import { sumUp } from './testing/sum-up.ts';

const sheets = 200;

describe('segmentAnswers on generated sheets with all that makes a sheet hard', () => {
  const scores: Array<{ score: SheetScore; features: string[] }> = [];
  beforeAll(async () => {
    const measure = await createMeasure();
    for (let seed = 1; seed <= sheets; seed++) {
      const sheet = makeSheet(seed, ownTexts, measure);
      const pages = readPerfectly(sheet);
      const segmentation = segmentAnswers(pages, sheet.numbers, { prompts: sheet.prompts });
      scores.push({ score: scoreSheet(sheet, pages, segmentation), features: sheet.features });
    }
  });

  it('finds nearly all numbers, takes hardly any wrong one, and most sheets are perfect', () => {
    const all = sumUp(scores.map(({ score }) => score));
    expect(all.precision).toBeGreaterThan(0.99);
    expect(all.recall).toBeGreaterThan(0.98);
    expect(all.linesRight).toBeGreaterThan(0.985);
    expect(all.perfect).toBeGreaterThan(0.91);
  });

  it('doubts what is wrong, and not too much', () => {
    const all = sumUp(scores.map(({ score }) => score));
    expect(all.perfectUnflagged).toBeGreaterThan(0.96);
    expect(all.flagged).toBeLessThan(0.35);
  });

  it.each([
    ['marks', 0.97],
    ['copied questions', 0.95],
    ['continued', 0.95],
    ['parts', 0.96],
    ['choices: grid', 0.9],
    ['choices: columns', 0.9],
    ['choices: row', 0.9],
    ['choices: list', 0.9],
    ['two columns', 0.9],
    ['out of order', 0.9],
    ['crossed-out numbers', 0.85],
    ['sections', 0.95],
  ])('masters %s', (feature, recall) => {
    const own = scores.filter(({ features }) => features.includes(feature)).map(({ score }) => score);
    expect(own.length).toBeGreaterThan(4);
    expect(sumUp(own).recall).toBeGreaterThan(recall);
  });
});

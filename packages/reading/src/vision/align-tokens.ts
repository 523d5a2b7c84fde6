import { distance } from 'fastest-levenshtein';
import { unreadableSign } from './transcribe.ts';

/** Below this likeness two tokens are different words at the same place at most, not readings of one word. */
const alikeFrom = 0.5;
/** What an unreadable place is worth beside any word: less than two words that are alike. */
const unreadablePair = 0.05;
/** Cells of the table: 16 million take half a second and 64 MB. No page has 4,000 words. */
const maxCells = 16_000_000;

/** A token as it is compared: lower case, without the punctuation around it. Signs and points before a number count. */
export function foldToken(token: string): string {
  const lower = token.normalize('NFKC').toLowerCase();
  return lower.replace(/^["'“”‘’«»([{]+/u, '').replace(/["'“”‘’«».,;:!?)\]}]+$/u, '') || lower;
}

/**
 * For each token of the model the index of its partner among the engine's, null for none. Partners keep their order; of all such pairings the one with the most
 * likeness (Needleman and Wunsch, gaps cost nothing). Likeness: 1 − edit distance / longer length, of folded tokens, at least 0.5. `[?]` may pair with anything.
 */
export function alignTokens(engine: readonly string[], model: readonly string[]): Array<number | null> {
  const rows = model.length + 1;
  const columns = engine.length + 1;
  const partners: Array<number | null> = model.map(() => null);
  if (rows * columns > maxCells) return partners;
  const left = engine.map(foldToken);
  const right = model.map(foldToken);
  const best = new Float32Array(rows * columns);
  const at = (row: number, column: number) => best[row * columns + column] ?? 0;
  for (let row = 1; row < rows; row += 1)
    for (let column = 1; column < columns; column += 1) {
      const pair = pairValue(left[column - 1] ?? '', right[row - 1] ?? '');
      const paired = pair > 0 ? at(row - 1, column - 1) + pair : 0;
      best[row * columns + column] = Math.max(at(row - 1, column), at(row, column - 1), paired);
    }
  for (let row = rows - 1, column = columns - 1; row > 0 && column > 0; ) {
    if (at(row, column) === at(row - 1, column)) row -= 1;
    else if (at(row, column) === at(row, column - 1)) column -= 1;
    else {
      partners[row - 1] = column - 1;
      row -= 1;
      column -= 1;
    }
  }
  return partners;
}

/** 1 for equal folded tokens, less for alike ones, 0 for a pair that must not be made. Alike is worth so much less that equal words never part for it. */
function pairValue(engine: string, model: string): number {
  if (engine === model) return 1;
  if (model === foldedSign) return unreadablePair;
  const longer = Math.max(engine.length, model.length);
  if (Math.abs(engine.length - model.length) > longer * (1 - alikeFrom)) return 0;
  const likeness = 1 - distance(engine, model) / longer;
  return likeness >= alikeFrom ? likeness * 0.5 : 0;
}

const foldedSign = foldToken(unreadableSign);

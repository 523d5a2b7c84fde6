import type { GreyImage, OcrEngine } from '../types.ts';
import type { Spot } from './spots.ts';
import { turnGrey } from './warp.ts';

/** What was read of a piece of the page. */
export interface TrialReading {
  /** Letters and digits in words that were read surely. */
  letters: number;
  /** Their share of all letters and digits that were read. */
  share: number;
}

/** Side of the piece, px of the copy that is read: about a dozen lines of half a page's width, a quarter of a second. */
const side = 640;
/** Confidence from which a word counts as read surely. */
const surely = 0.75;

/** Reads the piece of the page that holds the most letters, turned by `degrees` clockwise. */
export async function readTurned(engine: OcrEngine, copy: GreyImage, spots: readonly Spot[], degrees: number): Promise<TrialReading> {
  // Words anywhere: lists, tables and single words show no layout that the engine could find.
  const piece = await turnGrey(cutDensest(copy, spots), degrees);
  const { lines } = await engine.recognise(piece, 'sparse');
  let letters = 0;
  let all = 0;
  for (const { text, confidence } of lines.flat()) {
    const count = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
    all += count;
    if (confidence >= surely) letters += count;
  }
  return { letters, share: all === 0 ? 0 : letters / all };
}

/** The square with the most spots, of those that lie half a side apart. */
function cutDensest(copy: GreyImage, spots: readonly Spot[]): GreyImage {
  const width = Math.min(side, copy.width);
  const height = Math.min(side, copy.height);
  const lefts = places(copy.width, width);
  const tops = places(copy.height, height);
  let best = { left: 0, top: 0, count: -1 };
  for (const top of tops)
    for (const left of lefts) {
      const count = spots.filter(
        (spot) => spot.left >= left && spot.right <= left + width && spot.top >= top && spot.bottom <= top + height,
      ).length;
      if (count > best.count) best = { left, top, count };
    }
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (best.top + y) * copy.width + best.left;
    data.set(copy.data.subarray(from, from + width), y * width);
  }
  return { width, height, data };
}

function places(length: number, piece: number): number[] {
  const count = Math.ceil((length - piece) / (piece / 2)) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(length - piece, Math.round((i * piece) / 2)));
}

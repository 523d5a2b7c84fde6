import type { GreyImage } from '../types.ts';

/** Local names: hot loops run ten times slower over properties of the global object where that is guarded, as in Jest. */
const { ceil, floor, max, min } = Math;

/** A connected dark spot that may be a letter; right and bottom exclusive. */
export interface Spot {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const blockSide = 32;
/** Dark = at most this share of the brightest pixel of its block, so that light may be uneven. */
const darkBelow = 0.72;
/** Brightest pixel of a block that is still paper; below, the whole block is something else. */
const paperAbove = 40;
/** Letters on a copy of 1,700 px: from 6 px high (5 point type) to 120 px (large handwriting). */
const letter = { minHeight: 6, maxHeight: 120, minWidth: 2, maxWidth: 160 };

/** A stretch of dark pixels in one row, and the spot it belongs to. */
interface Run {
  left: number;
  right: number;
  spot: number;
}

/** Spots under construction: one that was joined to another has that one as its parent. */
interface Spots {
  parents: number[];
  boxes: Spot[];
}

/** Finds the connected dark spots of letter size (8 neighbours): runs of dark pixels that touch from row to row are joined. */
export function findSpots(grey: GreyImage): Spot[] {
  const { width, height, data } = grey;
  const thresholds = blockThresholds(grey);
  const across = ceil(width / blockSide);
  const spots: Spots = { parents: [], boxes: [] };
  let above: Run[] = [];
  for (let y = 0; y < height; y += 1) {
    const here: Run[] = [];
    const row = floor(y / blockSide) * across;
    let start = -1;
    for (let block = 0, x = 0; block < across; block += 1) {
      const threshold = thresholds[row + block] as number;
      for (const end = min(width, x + blockSide); x < end; x += 1)
        if ((data[y * width + x] as number) <= threshold) start = start < 0 ? x : start;
        else if (start >= 0) {
          here.push({ left: start, right: x, spot: -1 });
          start = -1;
        }
    }
    if (start >= 0) here.push({ left: start, right: width, spot: -1 });
    placeRuns(spots, above, here, y);
    above = here;
  }
  return spots.boxes.filter((box, spot) => spots.parents[spot] === spot && isLetterSized(box));
}

/** The spots as they lie after a quarter turn clockwise of a page of the given height. */
export function turnSpots(spots: readonly Spot[], height: number): Spot[] {
  return spots.map(({ left, top, right, bottom }) => ({ left: height - bottom, top: left, right: height - top, bottom: right }));
}

function isLetterSized({ left, top, right, bottom }: Spot): boolean {
  const width = right - left;
  const height = bottom - top;
  return height >= letter.minHeight && height <= letter.maxHeight && width >= letter.minWidth && width <= letter.maxWidth;
}

/** Gives each run of a row to the spots it touches in the row above, or to a new one. Runs stand from left to right. */
function placeRuns(spots: Spots, above: readonly Run[], here: readonly Run[], y: number): void {
  let next = 0;
  for (const run of here) {
    while (next < above.length && (above[next] as Run).right < run.left) next += 1;
    for (let i = next; i < above.length && (above[i] as Run).left <= run.right; i += 1) {
      const touched = rootOf(spots.parents, (above[i] as Run).spot);
      if (run.spot < 0) run.spot = touched;
      else run.spot = join(spots, rootOf(spots.parents, run.spot), touched);
    }
    if (run.spot < 0) {
      run.spot = spots.parents.length;
      spots.parents.push(run.spot);
      spots.boxes.push({ left: run.left, top: y, right: run.right, bottom: y + 1 });
    } else {
      const box = spots.boxes[run.spot] as Spot;
      box.left = min(box.left, run.left);
      box.right = max(box.right, run.right);
      box.bottom = y + 1;
    }
  }
}

function rootOf(parents: number[], spot: number): number {
  let root = spot;
  while (parents[root] !== root) root = parents[root] as number;
  for (let at = spot; at !== root; ) {
    const next = parents[at] as number;
    parents[at] = root;
    at = next;
  }
  return root;
}

function join({ parents, boxes }: Spots, into: number, from: number): number {
  if (into === from) return into;
  parents[from] = into;
  const box = boxes[into] as Spot;
  const other = boxes[from] as Spot;
  box.left = min(box.left, other.left);
  box.top = min(box.top, other.top);
  box.right = max(box.right, other.right);
  box.bottom = max(box.bottom, other.bottom);
  return into;
}

function blockThresholds({ width, height, data }: GreyImage): Float32Array {
  const across = ceil(width / blockSide);
  const brightest = new Float32Array(across * ceil(height / blockSide));
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = floor(y / blockSide) * across;
    for (let x = 0; x < width; x += 1, at += 1) {
      const block = row + (x >> 5);
      if ((data[at] as number) > (brightest[block] as number)) brightest[block] = data[at] as number;
    }
  }
  return brightest.map((value) => (value < paperAbove ? -1 : value * darkBelow));
}

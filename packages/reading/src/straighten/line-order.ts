import type { Spot } from './spots.ts';

/** Local names: hot loops run ten times slower over properties of the global object where that is guarded, as in Jest. */
const { ceil, floor, max, min, tan } = Math;

/** Lines of text as a bundle: parallel, or meeting in a point far to one side as in a picture taken from the side. */
export interface LineBundle {
  /** Fall per pixel to the right of the line through the middle of the text. */
  slope: number;
  /** How much the slope changes per pixel further down; 0 for parallel lines. */
  fan: number;
}

/** Height of the bins that feet of letters are counted in, px: letters of one line stand within one or two of them. */
const binPx = 2;

/**
 * Gives a measure of how well letters stand in the lines of a bundle: the sum of squared counts of their feet, and of their heads, by line.
 * `reachDegrees`: the steepest lines that will be asked for.
 */
export function createLineOrder(spots: readonly Spot[], reachDegrees: number): (bundle: LineBundle) => number {
  const middle = middleOf(spots);
  const edges = [toPoints(spots, ({ bottom }) => bottom, middle), toPoints(spots, ({ top }) => top, middle)];
  const reach = max(1, ...spots.map(({ right, bottom }) => max(right, bottom)));
  const slack = ceil((reach * (1 + 2 * tan((reachDegrees * Math.PI) / 180))) / binPx);
  const bins = new Float32Array(2 * slack + 2);
  return (bundle) => edges.reduce((sum, points) => sum + concentration(points, bundle, bins, slack), 0);
}

/** Middle of the box around all spots: where `slope` holds. */
export function middleOf(spots: readonly Spot[]): { x: number; y: number } {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const spot of spots)
    [left, top, right, bottom] = [min(left, spot.left), min(top, spot.top), max(right, spot.right), max(bottom, spot.bottom)];
  return spots.length === 0 ? { x: 0, y: 0 } : { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** Each spot's place from the middle, x and y in turn. The jitter of less than a pixel keeps the pixel grid from favouring level lines. */
function toPoints(spots: readonly Spot[], levelOf: (spot: Spot) => number, middle: { x: number; y: number }): Float32Array {
  const points = new Float32Array(2 * spots.length);
  spots.forEach((spot, i) => {
    points[2 * i] = (spot.left + spot.right) / 2 - middle.x;
    points[2 * i + 1] = levelOf(spot) + ((i * 0.618) % 1) - middle.y;
  });
  return points;
}

/** A point (x, y) lies on the line that passes the middle at height h = (y − slope × x) / (1 + fan × x). */
function concentration(points: Float32Array, { slope, fan }: LineBundle, bins: Float32Array, slack: number): number {
  bins.fill(0);
  const last = bins.length - 2;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] as number;
    const at = ((points[i + 1] as number) - slope * x) / (1 + fan * x) / binPx + slack;
    const bin = min(last, max(0, floor(at)));
    const share = min(1, max(0, at - bin));
    bins[bin] = (bins[bin] as number) + 1 - share;
    bins[bin + 1] = (bins[bin + 1] as number) + share;
  }
  let sum = 0;
  for (let bin = 0; bin < bins.length; bin += 1) sum += (bins[bin] as number) ** 2;
  return sum;
}

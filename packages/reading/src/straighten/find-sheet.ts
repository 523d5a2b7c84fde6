import { shrinkGrey } from '../pages/pixels.ts';
import type { GreyImage } from '../types.ts';
import { type OpenCv, withMats } from './open-cv.ts';

export interface Point {
  x: number;
  y: number;
}

/** The four corners of a sheet: upper left, upper right, lower right, lower left. */
export type Corners = [Point, Point, Point, Point];

/** The sheet is looked for on a copy of this long side: edges of paper are seen, letters are not. */
const longSide = 500;
/** Thresholds of Canny's edge finder, grey levels: grey paper in the shade has weaker edges, so they are looked for when the strong ones show no sheet. */
const edgeThresholds = [
  { weak: 40, strong: 120 },
  { weak: 20, strong: 60 },
  { weak: 10, strong: 30 },
];
/** How far a side may bend, as a share of the outline's length. */
const bend = 0.02;
/** A smaller part of the picture is no sheet that was meant; one that fills the picture needs no cutting. */
const share = { min: 0.2, max: 0.97 };
/** Cosine of the corners' angles: 60° to 120°. */
const maxCosine = 0.5;
/** What lies beside the sheet is lighter or darker by this share, at this distance from its edge (px of the small copy). */
const beside = { difference: 0.1, px: 6, samples: 20 };

/**
 * Finds the sheet in a photo: the largest quadrilateral with corners near 90° that fills 20–97 % of the picture and has something else
 * than paper beside it (the frame of a table has paper on both sides). Corners in pixels of `grey`; null when there is none.
 */
export async function findSheet(cv: OpenCv, grey: GreyImage): Promise<Corners | null> {
  const small = await shrinkGrey(grey, Math.min(1, longSide / Math.max(grey.width, grey.height)));
  const found = findQuadrilateral(cv, small);
  return found ? orderCorners(found.map(({ x, y }) => ({ x: (x * grey.width) / small.width, y: (y * grey.height) / small.height }))) : null;
}

function findQuadrilateral(cv: OpenCv, small: GreyImage): Point[] | null {
  return withMats((hold) => {
    const image = hold(cv.matFromArray(small.height, small.width, cv.CV_8UC1, small.data as unknown as number[]));
    cv.GaussianBlur(image, image, new cv.Size(5, 5), 0);
    const kernel = hold(cv.Mat.ones(3, 3, cv.CV_8U));
    for (const { weak, strong } of edgeThresholds) {
      const edges = hold(new cv.Mat());
      cv.Canny(image, edges, weak, strong);
      cv.dilate(edges, edges, kernel);
      const found = largestSheet(cv, edges, small);
      if (found) return found;
    }
    return null;
  });
}

function largestSheet(cv: OpenCv, edges: InstanceType<OpenCv['Mat']>, small: GreyImage): Point[] | null {
  return withMats((hold) => {
    const contours = hold(new cv.MatVector());
    cv.findContours(edges, contours, hold(new cv.Mat()), cv.RETR_LIST, cv.CHAIN_APPROX_SIMPLE);
    let best: { area: number; points: Point[] } | null = null;
    for (let i = 0; i < contours.size(); i += 1) {
      const outline = hold(contours.get(i));
      const corners = hold(new cv.Mat());
      cv.approxPolyDP(outline, corners, bend * cv.arcLength(outline, true), true);
      const area = cv.contourArea(corners);
      const shareOfPicture = area / (small.width * small.height);
      if (corners.rows !== 4 || !cv.isContourConvex(corners) || shareOfPicture < share.min || shareOfPicture > share.max) continue;
      const at = [...corners.data32S];
      const points = [0, 2, 4, 6].map((k) => ({ x: at[k] ?? 0, y: at[k + 1] ?? 0 }));
      if ((best === null || area > best.area) && hasRightCorners(points) && liesOnSomething(points, small)) best = { area, points };
    }
    return best?.points ?? null;
  });
}

function hasRightCorners(points: readonly Point[]): boolean {
  return points.every((corner, i) => {
    const [before, after] = [points[(i + 3) % 4] as Point, points[(i + 1) % 4] as Point];
    const [ax, ay, bx, by] = [before.x - corner.x, before.y - corner.y, after.x - corner.x, after.y - corner.y];
    return Math.abs(ax * bx + ay * by) <= maxCosine * Math.hypot(ax, ay) * Math.hypot(bx, by);
  });
}

/** True when the picture is lighter or darker outside than inside along all sides but one; what is outside the picture counts for neither. */
function liesOnSomething(points: readonly Point[], small: GreyImage): boolean {
  const middle = { x: points.reduce((sum, { x }) => sum + x, 0) / 4, y: points.reduce((sum, { y }) => sum + y, 0) / 4 };
  const same = points.filter((from, i) => {
    const to = points[(i + 1) % 4] as Point;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const normal = { x: (to.y - from.y) / length, y: (from.x - to.x) / length };
    const outward = normal.x * (from.x - middle.x) + normal.y * (from.y - middle.y) > 0 ? beside.px : -beside.px;
    const levels = [outward, -outward].map((distance) => levelAlong(small, from, to, { x: normal.x * distance, y: normal.y * distance }));
    const [outside, inside] = levels;
    if (outside == null || inside == null) return false;
    return Math.abs(outside - inside) < beside.difference * Math.max(outside, inside);
  });
  return same.length <= 1;
}

/** Median grey level along a line moved by an offset; null where most of it lies outside the picture. */
function levelAlong({ width, height, data }: GreyImage, from: Point, to: Point, offset: Point): number | null {
  const levels: number[] = [];
  for (let i = 0; i < beside.samples; i += 1) {
    const at = (i + 0.5) / beside.samples;
    const x = Math.round(from.x + (to.x - from.x) * at + offset.x);
    const y = Math.round(from.y + (to.y - from.y) * at + offset.y);
    if (x >= 0 && y >= 0 && x < width && y < height) levels.push(data[y * width + x] as number);
  }
  if (levels.length < beside.samples / 2) return null;
  return levels.sort((a, b) => a - b)[levels.length >> 1] ?? null;
}

/** Clockwise from the corner that is nearest to the upper left. */
function orderCorners(points: readonly Point[]): Corners {
  const middle = { x: points.reduce((sum, { x }) => sum + x, 0) / 4, y: points.reduce((sum, { y }) => sum + y, 0) / 4 };
  const around = [...points].sort((a, b) => Math.atan2(a.y - middle.y, a.x - middle.x) - Math.atan2(b.y - middle.y, b.x - middle.x));
  const first = around.reduce((best, { x, y }, i) => (x + y < (around[best] as Point).x + (around[best] as Point).y ? i : best), 0);
  return [0, 1, 2, 3].map((i) => around[(first + i) % 4] as Point) as Corners;
}

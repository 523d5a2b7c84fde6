import type { Corners } from './find-sheet.ts';
import { createLineOrder, type LineBundle, middleOf } from './line-order.ts';
import type { Spot } from './spots.ts';

/** Slopes of the first and the last line of a page differ by up to 0.1 (6°) in a picture taken from 15° beside the middle. */
const maxChange = 0.1;
/** Coarse grid, then a finer one around its best: change of slope over the page's height, and slope. */
const grids = [
  { change: 0.01, changes: 10, slope: 0.008, slopes: 4 },
  { change: 0.002, changes: 5, slope: 0.0015, slopes: 5 },
] as const;
/** Letters must stand this much better in a fan of lines than in parallel ones: chance gives 1–2 %. */
const minGain = 1.05;
/** With fewer letters there are too few lines. */
const minSpots = 150;

/**
 * Straightens a photo whose edges are not in the picture by its lines of text, which meet far to one side when the camera stood beside
 * the middle. Gives the four corners in the picture of what becomes a level rectangle of the picture's size; null when lines are as
 * parallel as can be told. `degrees`: best angle for parallel lines.
 */
export function findFan(spots: readonly Spot[], degrees: number, size: { width: number; height: number }): Corners | null {
  if (spots.length < minSpots) return null;
  const orderOf = createLineOrder(spots, 25);
  const parallel = { slope: Math.tan((degrees * Math.PI) / 180), fan: 0 };
  const start = orderOf(parallel);
  let best: { bundle: LineBundle; order: number } = { bundle: parallel, order: start };
  for (const grid of grids) {
    const centre = best.bundle;
    for (let i = -grid.changes; i <= grid.changes; i += 1)
      for (let k = -grid.slopes; k <= grid.slopes; k += 1) {
        const bundle = { slope: centre.slope + k * grid.slope, fan: centre.fan + (i * grid.change) / size.height };
        if (Math.abs(bundle.fan) * size.height > maxChange) continue;
        const order = orderOf(bundle);
        if (order > best.order) best = { bundle, order };
      }
  }
  return best.order >= minGain * start ? cornersOf(best.bundle, middleOf(spots), size) : null;
}

/** Where the lines at the top and at the bottom of the picture's middle meet its left and its right edge. */
function cornersOf(
  { slope, fan }: LineBundle,
  middle: { x: number; y: number },
  { width, height }: { width: number; height: number },
): Corners {
  const at = (x: number, level: number) => {
    const h = level - middle.y;
    return { x, y: middle.y + h * (1 + fan * (x - middle.x)) + slope * (x - middle.x) };
  };
  return [at(0, 0), at(width, 0), at(width, height), at(0, height)];
}

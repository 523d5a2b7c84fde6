import type { Box } from '@gradeflow/contracts';
import sharp from 'sharp';
import { removeRules } from '../rules/remove-rules.ts';
import { evenLight, mapLight } from '../straighten/light.ts';
import type { GreyImage } from '../types.ts';
import type { PaperRow } from './paper-rows.ts';

/** Height of a strip in letters, and the white between two: rows below each other at one distance are what engines read best. */
const tall = 1.9;
const white = 0.6;
/** What reaches not into this middle part of a strip belongs to the rows above and below. */
const band = { from: 0.3, to: 0.7 };
/** Paper after the light is evened is at least this bright; making it white leaves no edges around the strips. */
const paperFrom = 205;
const blackTo = 40;
/** Darker than this is ink when neighbours' rests are looked for. */
const inkBelow = 160;

/** A stretch of a row in pixels of the copy. */
export interface RowStretch {
  row: PaperRow;
  from: number;
  to: number;
}

/** Stretches of rows laid below each other, and the way back to the page. */
export interface StripSheet {
  image: GreyImage;
  /** The stretch that a box of the sheet belongs to, and its place on the page's picture; null outside of the strips. */
  locate(box: Box): { index: number; box: Box } | null;
}

/** The copy of a page as its rows are cut from: rules off, light evened, paper white. */
export function cleanPaper(copy: GreyImage): GreyImage {
  const { width, height, data } = evenLight(removeRules(copy), mapLight(copy));
  const stretched = Uint8Array.from(data, (value) => Math.max(0, Math.min(255, ((value - blackTo) * 255) / (paperFrom - blackTo))));
  return { width, height, data: stretched };
}

/**
 * Lays one stretch of each row below the last, cut out along the row's own direction, without what the rows above and below left in it.
 * `scale` is pixels of the copy for one of the picture, `pictureWidth` the picture's; `enlarge` makes single digits large enough to be read.
 */
export async function layStrips(
  source: GreyImage,
  stretches: readonly RowStretch[],
  { scale, pictureWidth, enlarge }: { scale: number; pictureWidth: number; enlarge: number },
): Promise<StripSheet> {
  const letter = Math.max(6, (stretches[0]?.row.letter ?? 0) * scale);
  const height = Math.round(letter * tall);
  const pitch = height + Math.round(letter * white);
  const edge = Math.round(letter);
  const width = Math.max(...stretches.map(({ from, to }) => to - from)) + 2 * edge;
  const data = new Uint8Array(width * (stretches.length * pitch + 2 * edge)).fill(255);
  const middleAt = (row: PaperRow, x: number): number => (row.middle + row.slope * (x / scale - pictureWidth / 2)) * scale;
  stretches.forEach(({ row, from, to }, index) => {
    const top = edge + index * pitch;
    for (let x = Math.max(0, from); x < Math.min(to, source.width); x += 1) {
      const first = Math.round(middleAt(row, x) - height / 2);
      for (let k = Math.max(0, -first); k < height; k += 1)
        data[(top + k) * width + edge + x - from] = source.data[(first + k) * source.width + x] ?? 255;
    }
    dropNeighbours(data, width, { left: edge, right: edge + Math.max(0, to - from), top, bottom: top + height });
  });
  const image = await enlargeGrey({ width, height: data.length / width, data }, enlarge);
  return {
    image,
    locate: (found) => {
      const [x, y, w, h] = found.map((value) => value / enlarge) as unknown as Box;
      const index = Math.floor((y + h / 2 - edge + (pitch - height) / 2) / pitch);
      const stretch = stretches[index];
      if (!stretch || x + w / 2 > edge + stretch.to - stretch.from + letter / 2) return null;
      const left = x - edge + stretch.from;
      const above = y - (edge + index * pitch) - height / 2;
      const top = (middleAt(stretch.row, left) + above) / scale;
      return { index, box: [Math.round(left / scale), Math.max(0, Math.round(top)), Math.round(w / scale), Math.round(h / scale)] };
    },
  };
}

async function enlargeGrey(image: GreyImage, by: number): Promise<GreyImage> {
  if (by === 1) return image;
  const { data, info } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 1 } })
    .resize({ width: image.width * by, height: image.height * by, fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Takes out what was cut off the rows above and below: ink at the strip's edge that does not reach its middle. */
function dropNeighbours(data: Uint8Array, width: number, area: Area): void {
  const height = area.bottom - area.top;
  const seen = new Set<number>();
  for (const y of [area.top, area.bottom - 1])
    for (let x = area.left; x < area.right; x += 1) {
      const spot = inkAt(data, width, area, y * width + x, seen);
      if (spot.length === 0) continue;
      let highest = height;
      let lowest = 0;
      for (const at of spot) {
        const row = Math.floor(at / width) - area.top;
        highest = Math.min(highest, row);
        lowest = Math.max(lowest, row);
      }
      if (lowest >= band.from * height && highest <= band.to * height) continue;
      for (const at of spot)
        for (const near of [at, at - 1, at + 1, at - width, at + width]) if (data[near] !== undefined) data[near] = 255;
    }
}

/** The connected ink around a place, inside the area. */
function inkAt(data: Uint8Array, width: number, area: Area, start: number, seen: Set<number>): number[] {
  const spot: number[] = [];
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const x = at % width;
    const y = Math.floor(at / width);
    if (x < area.left || x >= area.right || y < area.top || y >= area.bottom || seen.has(at) || (data[at] ?? 255) >= inkBelow) continue;
    seen.add(at);
    spot.push(at);
    open.push(at - 1, at + 1, at - width, at + width);
  }
  return spot;
}

import sharp from 'sharp';
import type { PageRect } from '../pages/ink.ts';
import type { GreyImage } from '../types.ts';
import type { LostStrip } from './find-lost-ink.ts';

/** Strips of a page below each other on one white picture, each at the left edge. */
export interface StackedStrips {
  image: GreyImage;
  /** Where a box of the picture lies on the page it was cut from, in its pixels, and in which strip; null when it lies between two. */
  locate(box: readonly [number, number, number, number]): { strip: number; box: [number, number, number, number] } | null;
}

interface Row {
  /** First and last row of the strip's pixels in the picture. */
  top: number;
  bottom: number;
  /** What is added to a y of the picture. */
  dy: number;
  /** Pixels of the page for each column of the picture, from the left edge's margin on. */
  columns: Int32Array;
}

/** Air around each strip as a share of its height; lines further apart are taken for paragraphs and read worse. */
const margin = 0.6;
/** A gap of this share of the strip's height is a space when it is also this much wider than usual. */
const spaceShare = 0.25;
const spaceRatio = 1.8;
/** So many gaps tell what is usual between letters. */
const manyGaps = 4;
/** What is added to a space, as a share of the strip's height. */
const wider = 0.35;
/** Strips of this height are read best (347 of 360 short lines; 333 at two thirds of it, 340 at four thirds); smaller ones are enlarged, at most twice. */
const bestHeightPx = 36;
const maxEnlarged = 2;
/** Letters are found on a coarser map: their edges reach so many pixels further. */
const pieceAir = 3;
/** Darker than this share of the paper is ink. */
const inkBelow = 0.6;

/**
 * Stacks strips of a page, so that one call of the engine reads them all. The paper becomes white. Spaces are made wider: in a line as short as
 * "1. B" the engine cannot know how wide a space is, and reads "1.B".
 */
export async function stackStrips(page: GreyImage, strips: readonly LostStrip[]): Promise<StackedStrips> {
  const cuts = strips.map((strip) => cutStrip(page, strip));
  const air = Math.round(margin * Math.max(...cuts.map((cut) => cut.height)));
  const width = Math.max(...cuts.map((cut) => cut.columns.length)) + 2 * air;
  const height = cuts.reduce((sum, cut) => sum + cut.height + air, air);
  const data = new Uint8Array(width * height).fill(255);
  const rows: Row[] = [];
  let top = air;
  for (const cut of cuts) {
    for (let y = 0; y < cut.height; y += 1)
      for (let x = 0; x < cut.columns.length; x += 1) data[(top + y) * width + air + x] = cut.pixelAt(x, y);
    rows.push({ top, bottom: top + cut.height, dy: cut.top - top, columns: cut.columns });
    top += cut.height + air;
  }
  const heights = cuts.map((cut) => cut.height).sort((a, b) => a - b);
  const scale = Math.min(maxEnlarged, Math.max(1, bestHeightPx / (heights[heights.length >> 1] ?? bestHeightPx)));
  const image = await enlarge({ width, height, data }, scale);
  return { image, locate: ([x, y, w, h]) => locate(rows, air, [x / scale, y / scale, w / scale, h / scale]) };
}

async function enlarge({ width, height, data }: GreyImage, scale: number): Promise<GreyImage> {
  if (scale === 1) return { width, height, data };
  const { data: larger, info } = await sharp(data, { raw: { width, height, channels: 1 } })
    .resize({ width: Math.round(width * scale), height: Math.round(height * scale), fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: larger };
}

function locate(rows: readonly Row[], air: number, [x, y, w, h]: readonly [number, number, number, number]) {
  const middle = y + h / 2;
  const strip = rows.findIndex((row) => middle >= row.top && middle < row.bottom);
  const row = rows[strip];
  if (row === undefined) return null;
  const column = (at: number) => row.columns[Math.min(row.columns.length - 1, Math.max(0, Math.round(at) - air))] ?? 0;
  const left = column(x);
  const box: [number, number, number, number] = [left, y + row.dy, column(x + w - 1) + 1 - left, h];
  return { strip, box };
}

/** The strip's pixels with a little air, its paper white, its spaces wide; nothing of what stands between its pieces. */
function cutStrip(page: GreyImage, strip: LostStrip) {
  const grow = 0.15 * (strip.bottom - strip.top) * page.height;
  const area = pixelsIn(strip, page, grow);
  const { left, top, right, bottom } = area;
  const paper = brightOf(page, left, top, right, bottom);
  const width = right - left;
  const own = new Uint8Array(width * (bottom - top));
  for (const piece of strip.pieces) {
    const place = pixelsIn(piece, page, pieceAir);
    for (let y = Math.max(top, place.top); y < Math.min(bottom, place.bottom); y += 1)
      own.fill(1, (y - top) * width + Math.max(0, place.left - left), (y - top) * width + Math.min(width, place.right - left));
  }
  const valueAt = (x: number, y: number) => {
    if (own[(y - top) * width + x - left] === 0) return 255;
    return Math.min(255, Math.round(((page.data[y * page.width + x] ?? 255) * 255) / paper));
  };
  const columns = columnsWithSpaces(area, (x, y) => valueAt(x, y) < 255 * inkBelow);
  return { top, height: bottom - top, columns, pixelAt: (x: number, y: number) => valueAt(columns[x] ?? left, top + y) };
}

function pixelsIn(rect: PageRect, page: GreyImage, grow: number) {
  return {
    left: Math.max(0, Math.floor(rect.left * page.width - grow)),
    right: Math.min(page.width, Math.ceil(rect.right * page.width + grow)),
    top: Math.max(0, Math.floor(rect.top * page.height - grow)),
    bottom: Math.min(page.height, Math.ceil(rect.bottom * page.height + grow)),
  };
}

/** The paper's grey: nine tenths of the pixels are darker. */
function brightOf(page: GreyImage, left: number, top: number, right: number, bottom: number): number {
  const counts = new Uint32Array(256);
  for (let y = top; y < bottom; y += 1)
    for (let x = left; x < right; x += 1) {
      const value = page.data[y * page.width + x] ?? 255;
      counts[value] = (counts[value] ?? 0) + 1;
    }
  let above = (right - left) * (bottom - top) * 0.1;
  for (let value = 255; value > 0; value -= 1) {
    above -= counts[value] ?? 0;
    if (above <= 0) return value;
  }
  return 255;
}

/** Columns of the page in the order in which they are to be shown: those in the middle of a space are shown several times. */
function columnsWithSpaces(
  { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number },
  isInk: (x: number, y: number) => boolean,
): Int32Array {
  const hasInk = (x: number) => {
    for (let y = top; y < bottom; y += 1) if (isInk(x, y)) return true;
    return false;
  };
  const gaps: Array<{ from: number; to: number }> = [];
  let lastInk = -1;
  for (let x = left; x < right; x += 1) {
    if (!hasInk(x)) continue;
    if (lastInk >= 0 && x - lastInk > 1) gaps.push({ from: lastInk + 1, to: x });
    lastInk = x;
  }
  // The narrowest of few gaps, the middle one of many: typewritten letters stand further apart than some spaces are wide.
  const widths = gaps.map(({ from, to }) => to - from).sort((a, b) => a - b);
  const usual = (gaps.length < manyGaps ? widths[0] : widths[widths.length >> 1]) ?? 0;
  const height = bottom - top;
  const columns: number[] = [];
  let next = left;
  for (const { from, to } of gaps) {
    if (to - from < spaceShare * height || to - from < spaceRatio * usual) continue;
    const middle = (from + to) >> 1;
    while (next <= middle) columns.push(next++);
    for (let i = 0; i < height * wider; i += 1) columns.push(middle);
  }
  while (next < right) columns.push(next++);
  return Int32Array.from(columns);
}

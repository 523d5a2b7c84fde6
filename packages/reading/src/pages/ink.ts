import type { GreyImage } from '../types.ts';

/** A rectangle in shares of the page: 0,0 is its upper left corner, 1,1 the lower right one. */
export interface PageRect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Which pixels of a small copy of the page (about 72 dpi) are written or printed on. */
export interface InkMap {
  width: number;
  height: number;
  /** 1 where something is darker than its surroundings, rules included. */
  dark: Uint8Array;
  /** 1 where there is writing: dark, and no rule. */
  mask: Uint8Array;
  /** Pixels of the mask as a share of the page. */
  share: number;
}

/** Long side of the copy: A4 at 72 dpi. The figures below are pixels of it. */
export const inkLongSide = 842;
const blockSide = 16;
const darkerBy = 40;
const longRun = 36;

/**
 * Ink = at least 40 levels darker than the brightest pixel of its 16 × 16 block, so that paper may be grey or unevenly lit.
 * Straight runs of 36 px and more (rules, frames, the dark desk beside a page) do not count.
 */
export function findInk(grey: GreyImage): InkMap {
  const dark = thresholdByBlock(grey);
  const mask = dropLongRuns(dark, grey.width, grey.height);
  let count = 0;
  // By index, here and in the other loops over pixels: an iterator takes three times as long.
  for (let at = 0; at < mask.length; at += 1) count += mask[at] as number;
  return { width: grey.width, height: grey.height, dark, mask, share: count / mask.length };
}

function thresholdByBlock({ width, height, data }: GreyImage): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let top = 0; top < height; top += blockSide)
    for (let left = 0; left < width; left += blockSide) {
      const bottom = Math.min(height, top + blockSide);
      const right = Math.min(width, left + blockSide);
      let brightest = 0;
      for (let y = top; y < bottom; y += 1)
        for (let at = y * width + left, end = y * width + right; at < end; at += 1) {
          const level = data[at] as number;
          if (level > brightest) brightest = level;
        }
      const darkest = brightest - darkerBy;
      for (let y = top; y < bottom; y += 1)
        for (let at = y * width + left, end = y * width + right; at < end; at += 1) if ((data[at] as number) <= darkest) mask[at] = 1;
    }
  return mask;
}

function dropLongRuns(mask: Uint8Array, width: number, height: number): Uint8Array {
  const kept = mask.slice();
  // Steps in the mask from line to line and along a line: rows first, then columns.
  const scan = (lines: number, length: number, lineStep: number, step: number) => {
    for (let line = 0; line < lines; line += 1) {
      const start = line * lineStep;
      for (let i = 0, run = 0; i <= length; i += 1) {
        if (i < length && mask[start + i * step] === 1) run += 1;
        else {
          if (run >= longRun) for (let k = i - run; k < i; k += 1) kept[start + k * step] = 0;
          run = 0;
        }
      }
    }
  };
  scan(height, width, width, 1);
  scan(width, height, 1, width);
  return kept;
}

/** Pixels of the map that a rectangle covers, grown by `margin` px and cut to the page; null when it lies outside. */
export function pixelsOf(rect: PageRect, size: { width: number; height: number }, margin: number) {
  const left = Math.max(0, Math.floor(rect.left * size.width) - margin);
  const top = Math.max(0, Math.floor(rect.top * size.height) - margin);
  const right = Math.min(size.width, Math.ceil(rect.right * size.width) + margin);
  const bottom = Math.min(size.height, Math.ceil(rect.bottom * size.height) + margin);
  return right > left && bottom > top ? { left, top, right, bottom } : null;
}

/** A mask of the map's size with 1 inside the rectangles. */
export function paintMask(rects: Iterable<PageRect>, size: { width: number; height: number }, margin: number): Uint8Array {
  const mask = new Uint8Array(size.width * size.height);
  for (const rect of rects) {
    const area = pixelsOf(rect, size, margin);
    if (area) for (let y = area.top; y < area.bottom; y += 1) mask.fill(1, y * size.width + area.left, y * size.width + area.right);
  }
  return mask;
}

/** True when something can be seen in the rectangle or within a pixel of it; a rule counts, since answer lines are typed as underscores. */
export function hasInk(ink: InkMap, rect: PageRect): boolean {
  const area = pixelsOf(rect, ink, 1);
  if (!area) return false;
  for (let y = area.top; y < area.bottom; y += 1)
    if (ink.dark.subarray(y * ink.width + area.left, y * ink.width + area.right).includes(1)) return true;
  return false;
}

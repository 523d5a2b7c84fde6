import type { GreyImage } from '../types.ts';

/** Rules are thinner than this on copies of about 145 dpi, px; so are strokes of letters, but those are short. */
const maxThickness = 5;
/** A line across the page may be an underlined word; letters and brackets are less than half as tall as the shortest upright rule. */
const shortest = { level: 110, upright: 64 };
/** A rule goes on behind a letter that stands on it. */
const longestGap = 10;
/** Share of a rule's length that must be thin: serifs and stems in a row of small print are thin in less of it. */
const thinShare = 0.85;
/** Dark pixels that two crossing rules leave at most. */
const largestSpot = 45;
const block = 16;
const darkerBy = 40;

/**
 * A copy without printed rules: long thin lines, level and upright, bowed and tilted ones too, are painted with the paper beside them. Where a
 * letter crosses a rule its stroke stays, since there the dark is thicker than a rule. Meant for copies of about 145 dpi.
 */
export function removeRules(image: GreyImage): GreyImage {
  const dark = darkPixels(image);
  const data = image.data.slice();
  const { width, height } = image;
  const painted = new Uint8Array(dark.length);
  paintRules(dark, { data, painted }, { lines: height, length: width, along: 1, across: width, shortest: shortest.level });
  paintRules(dark, { data, painted }, { lines: width, length: height, along: width, across: 1, shortest: shortest.upright });
  paintCrossings(dark, { data, painted }, width);
  return { width, height, data };
}

/** At least 40 levels darker than the brightest pixel of its block: paper may be grey or unevenly lit. */
function darkPixels({ width, height, data }: GreyImage): Uint8Array {
  const dark = new Uint8Array(width * height);
  for (let top = 0; top < height; top += block)
    for (let left = 0; left < width; left += block) {
      const bottom = Math.min(height, top + block);
      const right = Math.min(width, left + block);
      let brightest = 0;
      for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) brightest = Math.max(brightest, data[y * width + x] ?? 0);
      for (let y = top; y < bottom; y += 1)
        for (let x = left; x < right; x += 1) if ((data[y * width + x] ?? 0) <= brightest - darkerBy) dark[y * width + x] = 1;
    }
  return dark;
}

/** A direction to look in: `along` and `across` are distances in the data of neighbours in the rule's direction and across it. */
interface Scan {
  lines: number;
  length: number;
  along: number;
  across: number;
  shortest: number;
}

interface Canvas {
  data: Uint8Array;
  /** 1 where a rule was. */
  painted: Uint8Array;
}

/** A rule while it is followed: thin pieces one behind the other, each a pixel higher or lower at most. */
interface Trace {
  /** Places along the rule and the lines that it covers there. */
  pieces: Array<{ at: number; from: number; to: number }>;
  lastAt: number;
  middle: number;
}

/** Follows thin pieces through the page and paints those that are long enough. */
function paintRules(dark: Uint8Array, canvas: Canvas, scan: Scan): void {
  let open: Trace[] = [];
  for (let at = 0; at < scan.length; at += 1) {
    const pieces = thinPieces(dark, at, scan);
    const taken = new Set<number>();
    const still: Trace[] = [];
    for (const trace of open) {
      const reach = 1 + (at - trace.lastAt - 1) * 0.15;
      const index = pieces.findIndex((piece, i) => !taken.has(i) && Math.abs((piece.from + piece.to) / 2 - trace.middle) <= reach);
      const piece = pieces[index];
      if (piece) {
        taken.add(index);
        trace.pieces.push({ at, ...piece });
        trace.lastAt = at;
        trace.middle = (piece.from + piece.to) / 2;
        still.push(trace);
      } else if (at - trace.lastAt <= longestGap) still.push(trace);
      else finish(trace, canvas, scan);
    }
    pieces.forEach((piece, i) => {
      if (!taken.has(i)) still.push({ pieces: [{ at, ...piece }], lastAt: at, middle: (piece.from + piece.to) / 2 });
    });
    open = still;
  }
  for (const trace of open) finish(trace, canvas, scan);
}

/** Dark stretches across the direction that are as thin as a rule, with paper on both sides. */
function thinPieces(dark: Uint8Array, at: number, { lines, along, across }: Scan): Array<{ from: number; to: number }> {
  const pieces: Array<{ from: number; to: number }> = [];
  for (let line = 0, run = 0; line <= lines; line += 1) {
    if (line < lines && dark[at * along + line * across] === 1) {
      run += 1;
      continue;
    }
    if (run > 0 && run <= maxThickness) pieces.push({ from: line - run, to: line - 1 });
    run = 0;
  }
  return pieces;
}

function finish({ pieces }: Trace, { data, painted }: Canvas, { lines, along, across, shortest: least }: Scan): void {
  const first = pieces[0];
  const last = pieces.at(-1);
  if (!first || !last) return;
  const span = last.at - first.at + 1;
  if (span < least || pieces.length < thinShare * span) return;
  for (const { at, from, to } of pieces) {
    // One pixel more on both sides: the edge of a rule is grey.
    const above = Math.max(0, from - 2);
    const below = Math.min(lines - 1, to + 2);
    const paper = Math.max(data[at * along + above * across] ?? 255, data[at * along + below * across] ?? 255);
    for (let line = Math.max(0, from - 1); line <= Math.min(lines - 1, to + 1); line += 1) {
      data[at * along + line * across] = paper;
      painted[at * along + line * across] = 1;
    }
  }
}

/** Where two rules cross, a dot is left that reads like a full stop: small dark spots that touch a painted rule go too. */
function paintCrossings(dark: Uint8Array, { data, painted }: Canvas, width: number): void {
  const seen = new Uint8Array(dark.length);
  for (let at = 0; at < dark.length; at += 1) {
    if (painted[at] === 0 || dark[at] === 0) continue;
    for (const start of [at - 1, at + 1, at - width, at + width]) {
      const spot = spotAt(start, dark, painted, seen, width);
      if (spot)
        for (const pixel of spot)
          for (const near of [pixel, pixel - 1, pixel + 1, pixel - width, pixel + width]) data[near] = data[at] ?? 255;
    }
  }
}

/** The connected dark pixels that are left around a place; null when there are none or more than a crossing leaves. */
function spotAt(start: number, dark: Uint8Array, painted: Uint8Array, seen: Uint8Array, width: number): number[] | null {
  const spot: number[] = [];
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (dark[at] !== 1 || painted[at] === 1 || seen[at] === 1) continue;
    seen[at] = 1;
    spot.push(at);
    open.push(at - 1, at + 1, at - width, at + width);
  }
  return spot.length > 0 && spot.length <= largestSpot ? spot : null;
}

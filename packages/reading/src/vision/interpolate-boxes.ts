import type { Box } from '@gradeflow/contracts';

/** A word of a transcript: with the box of its partner on the page, or none yet. */
export interface PlacelessWord {
  text: string;
  box: Box | null;
}

interface Page {
  width: number;
  height: number;
  /** Boxes that the engine found, to know how large the writing is. */
  known: ReadonlyArray<{ text: string; box: Box }>;
}

interface Scale {
  /** Pixels of a character and of a line; left edge of the text. */
  characterWidth: number;
  lineHeight: number;
  left: number;
}

interface Band {
  top: number;
  bottom: number;
}

/** Lines stand this many line heights apart where nothing tells. */
const lineSpacing = 1.5;

/**
 * A box for each word: its partner's unchanged; between or beside partners of the same line, shares by length of the room that is left; for lines without any
 * partner, shares of the room between the lines above and below. Made-up boxes say where to look, not where the ink is. All are whole pixels inside the page.
 */
export function interpolateBoxes(lines: ReadonlyArray<readonly PlacelessWord[]>, page: Page): Box[][] {
  const scale = scaleOf(page);
  const bands = placeLines(lines, page, scale);
  return lines.map((line, index) => placeLine(line, bands[index] ?? { top: 0, bottom: 1 }, page, scale));
}

function scaleOf({ width, height, known }: Page): Scale {
  const median = (values: number[], fallback: number) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? fallback;
  return {
    characterWidth: Math.max(
      1,
      median(
        known.map(({ text, box }) => box[2] / Math.max(1, text.length)),
        width / 80,
      ),
    ),
    lineHeight: Math.max(
      1,
      median(
        known.map(({ box }) => box[3]),
        height / 60,
      ),
    ),
    left: Math.min(width * 0.1, ...known.map(({ box }) => box[0])),
  };
}

/** Top and bottom of each line. Lines without a partner share the room between their placed neighbours. */
function placeLines(lines: ReadonlyArray<readonly PlacelessWord[]>, page: Page, scale: Scale): Band[] {
  const bands: Array<Band | null> = lines.map((line) => {
    const first = line.find(({ box }) => box !== null)?.box;
    return first ? { top: first[1], bottom: first[1] + first[3] } : null;
  });
  const placed: Band[] = [];
  for (let from = 0; from < bands.length; ) {
    const own = bands[from];
    if (own) {
      placed.push(own);
      from += 1;
      continue;
    }
    const next = bands.findIndex((band, index) => index > from && band !== null);
    const to = next < 0 ? bands.length : next;
    placed.push(...shareRoom(to - from, placed.at(-1) ?? null, bands[to] ?? null, page, scale));
    from = to;
  }
  return placed;
}

function shareRoom(count: number, above: Band | null, below: Band | null, page: Page, { lineHeight }: Scale): Band[] {
  const most = lineHeight * lineSpacing;
  const top = above?.bottom ?? Math.max(0, below ? below.top - count * most : (page.height - count * most) / 2);
  // In another column the next line may stand higher than the last one: then there is no room between them.
  const end = below && below.top > top ? below.top : page.height;
  const step = Math.max(1, Math.min(most, (end - top) / count));
  const gap = Math.max(0, step - lineHeight) / 2;
  return Array.from({ length: count }, (_, index) => ({ top: top + index * step + gap, bottom: top + (index + 1) * step - gap }));
}

function placeLine(line: readonly PlacelessWord[], band: Band, page: Page, scale: Scale): Box[] {
  const boxes: Box[] = [];
  for (let from = 0; from < line.length; ) {
    const own = line[from]?.box;
    if (own) {
      boxes.push(own);
      from += 1;
      continue;
    }
    const next = line.findIndex(({ box }, index) => index > from && box !== null);
    const to = next < 0 ? line.length : next;
    boxes.push(...fillGap(line.slice(from, to), boxes.at(-1) ?? null, line[to]?.box ?? null, band, page, scale));
    from = to;
  }
  return boxes;
}

/** Boxes of words between two boxes of a line; null where the line begins or ends. */
function fillGap(words: readonly PlacelessWord[], before: Box | null, after: Box | null, band: Band, page: Page, scale: Scale): Box[] {
  const characters = words.reduce((sum, { text }) => sum + text.length + 1, 0);
  const wanted = characters * scale.characterWidth;
  const start = before ? before[0] + before[2] : after ? Math.max(0, after[0] - wanted) : scale.left;
  const isBeside = after !== null && after[0] > start;
  const room = Math.min(isBeside ? after[0] - start : wanted, page.width - start);
  const [top, height] = before ? [before[1], before[3]] : after ? [after[1], after[3]] : [band.top, band.bottom - band.top];
  let done = 0;
  return words.map(({ text }) => {
    // Half a character of room on either side.
    const left = start + (room * (done + 0.5)) / characters;
    done += text.length + 1;
    const right = start + (room * (done - 0.5)) / characters;
    return within([left, top, right - left, height], page);
  });
}

function within([x, y, w, h]: Box, { width, height }: Page): Box {
  const left = Math.min(Math.max(0, Math.round(x)), Math.max(0, width - 1));
  const top = Math.min(Math.max(0, Math.round(y)), Math.max(0, height - 1));
  return [left, top, Math.max(1, Math.min(Math.round(w), width - left)), Math.max(1, Math.min(Math.round(h), height - top))];
}

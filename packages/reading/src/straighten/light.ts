import type { GreyImage } from '../types.ts';

/** Local names: hot loops run ten times slower over properties of the global object where that is guarded, as in Jest. */
const { ceil, floor, max, min } = Math;

/** How light the paper is over the page, one value a cell of 16 × 16 px. */
export interface LightMap {
  columns: number;
  rows: number;
  /** Grey level of the paper, 0–255. */
  paper: Float32Array;
}

const cellSide = 16;
/** The brightest tenth of a cell is paper also where text is dense. */
const paperShare = 0.1;
/** Grey level that paper gets. */
const white = 245;
/** Never brighten more than this: what is darker than a twelfth of white is no paper in the shade. With 6, lines that began in a deep shade were lost. */
const maxGain = 12;

/** Measures how light the paper is: the 90th percentile of each cell, a median over 5 × 5 cells against what is printed large, then smoothed. */
export function mapLight(grey: GreyImage): LightMap {
  const columns = ceil(grey.width / cellSide);
  const rows = ceil(grey.height / cellSide);
  const size = { columns, rows };
  const brightest = new Float32Array(columns * rows);
  const counts = new Uint16Array(256);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) brightest[row * columns + column] = paperOf(grey, column, row, counts);
  return { ...size, paper: smooth(medianOfNeighbours(brightest, size), size) };
}

/** Every second pixel each way is enough. `counts`: room for 256 numbers. */
function paperOf({ width, height, data }: GreyImage, column: number, row: number, counts: Uint16Array): number {
  counts.fill(0);
  const right = min(width, (column + 1) * cellSide);
  const bottom = min(height, (row + 1) * cellSide);
  let total = 0;
  for (let y = row * cellSide; y < bottom; y += 2)
    for (let x = column * cellSide; x < right; x += 2) {
      const value = data[y * width + x] as number;
      counts[value] = (counts[value] as number) + 1;
      total += 1;
    }
  let above = max(1, floor(total * paperShare));
  for (let value = 255; value > 0; value -= 1) {
    above -= counts[value] as number;
    if (above <= 0) return value;
  }
  return 0;
}

function medianOfNeighbours(values: Float32Array, { columns, rows }: { columns: number; rows: number }): Float32Array {
  const result = new Float32Array(values.length);
  const near = new Float32Array(25);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      let count = 0;
      let same = true;
      for (let y = max(0, row - 2); y <= min(rows - 1, row + 2); y += 1)
        for (let x = max(0, column - 2); x <= min(columns - 1, column + 2); x += 1) {
          const value = values[y * columns + x] as number;
          near[count] = value;
          same &&= value === near[0];
          count += 1;
        }
      // White paper needs no sorting.
      result[row * columns + column] = same ? (near[0] as number) : (near.subarray(0, count).sort()[count >> 1] as number);
    }
  return result;
}

/** Mean of 3 × 3 cells, twice. */
function smooth(values: Float32Array, { columns, rows }: { columns: number; rows: number }): Float32Array {
  let from = values;
  for (let round = 0; round < 2; round += 1) {
    const to = new Float32Array(from.length);
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1) {
        let sum = 0;
        let count = 0;
        for (let y = max(0, row - 1); y <= min(rows - 1, row + 1); y += 1)
          for (let x = max(0, column - 1); x <= min(columns - 1, column + 1); x += 1) {
            sum += from[y * columns + x] as number;
            count += 1;
          }
        to[row * columns + column] = sum / count;
      }
    from = to;
  }
  return from;
}

/** Cells darker than this are no paper: black edges of a scan, large print. */
const paperAbove = 30;

/** Light of the darkest twentieth of the paper as a share of the brightest twentieth: 1 = even light. */
export function lightEvenness({ paper }: LightMap): number {
  const sorted = paper.filter((level) => level > paperAbove).sort();
  const dark = sorted[floor(sorted.length * 0.05)] ?? 0;
  const bright = sorted[floor(sorted.length * 0.95)] ?? 0;
  return bright === 0 ? 1 : dark / bright;
}

/** The page as if its light were even: each pixel is divided by the paper's brightness around it. */
export function evenLight(grey: GreyImage, light: LightMap): GreyImage {
  const { width, height, data } = grey;
  const { columns, rows, paper } = light;
  const even = new Uint8ClampedArray(data.length);
  const across = new Float32Array(columns);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = min(rows - 1, max(0, (y + 0.5) / cellSide - 0.5));
    const upper = min(rows - 1, floor(row)) * columns;
    const lower = min(rows - 1, floor(row) + 1) * columns;
    const down = row - floor(row);
    for (let x = 0; x < columns; x += 1)
      across[x] = min(maxGain, white / max(1, (paper[upper + x] as number) * (1 - down) + (paper[lower + x] as number) * down));
    for (let x = 0; x < width; x += 1, at += 1) {
      const column = min(columns - 1, max(0, (x + 0.5) / cellSide - 0.5));
      const left = column | 0;
      const share = column - left;
      const gain = (across[left] as number) * (1 - share) + (across[min(columns - 1, left + 1)] as number) * share;
      even[at] = (data[at] as number) * gain;
    }
  }
  return { width, height, data: new Uint8Array(even.buffer) };
}

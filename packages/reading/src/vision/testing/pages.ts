import type { PageReading } from '@gradeflow/contracts';
import sharp from 'sharp';

const characterWidth = 12;
const lineHeight = 24;

/** A page of lines as an engine reads it: words of one size, 60 px from line to line; `confidence` for all words. */
export function pageOf(lines: readonly string[], confidence = 0.6, fields: Partial<PageReading> = {}): PageReading {
  const words = lines.flatMap((line, row) => {
    let x = 80;
    return line.split(' ').map((text) => {
      const width = text.length * characterWidth;
      const word = { text, confidence, box: [x, 60 + row * 60, width, lineHeight] as [number, number, number, number], line: row };
      x += width + characterWidth;
      return word;
    });
  });
  return {
    ...{ number: 1, width: 1_000, height: 1_400, text: lines.join('\n'), confidence, engine: 'engine', rotation: 0, words },
    ...{ lines: [], doubts: ['LOW_CONFIDENCE'], contentHash: 'a'.repeat(64), failure: null },
    ...fields,
  };
}

/** A picture of the page, all in one light colour: what is black in a copy was painted. */
export async function pictureOf({ width, height }: PageReading): Promise<Uint8Array> {
  return sharp({ create: { width, height, channels: 3, background: { r: 220, g: 230, b: 240 } } })
    .webp()
    .toBuffer();
}

import type { RecognisedWord } from '../types.ts';

/** Level of a word in tesseract's TSV: page 1, block 2, paragraph 3, line 4, word 5. */
const wordLevel = '5';

/**
 * Words by line from tesseract's TSV: `level page block paragraph line word left top width height confidence text`,
 * confidence 0–100. Words of white space alone are left out.
 */
export function parseTsv(tsv: string): RecognisedWord[][] {
  const lines: RecognisedWord[][] = [];
  let current = '';
  for (const row of tsv.split('\n')) {
    const [level, page, block, paragraph, line, , left, top, width, height, confidence, ...text] = row.split('\t');
    if (level !== wordLevel || text.join('').trim() === '') continue;
    const id = [page, block, paragraph, line].join('.');
    if (id !== current) lines.push([]);
    current = id;
    lines.at(-1)?.push({
      text: text.join('\t').trim(),
      confidence: Math.min(1, Math.max(0, Number(confidence) / 100)),
      box: [Number(left), Number(top), Number(width), Number(height)],
    });
  }
  return lines;
}

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { distance } from 'fastest-levenshtein';

/** Absolute path of a file in test/fixtures/ocr. */
export function ocrFixture(name: string): string {
  return fileURLToPath(new URL(`../../../../test/fixtures/ocr/${name}`, import.meta.url));
}

/** Character error rate of `text` against the transcript of a fixture: edits over characters, white space folded, quotes and dashes as one. */
export async function errorRate(text: string, transcript: string): Promise<number> {
  const truth = fold(await readFile(ocrFixture(transcript), 'utf8'));
  return distance(fold(text), truth) / truth.length;
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]|''/g, '"')
    .replace(/[‐-―¬]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

import type { PageReading } from '@gradeflow/contracts';

/** A page as if it had been read: `text` follows from the words and their lines. For tests and benches. */
export function madePage(number: number, size: { width: number; height: number }, words: PageReading['words']): PageReading {
  const lines = [...Map.groupBy(words, (word) => word.line).values()];
  return {
    number,
    ...size,
    text: lines.map((line) => line.map((word) => word.text).join(' ')).join('\n'),
    confidence: 0.95,
    engine: 'made',
    rotation: 0,
    words,
    lines: [],
    doubts: [],
    contentHash: null,
    failure: null,
  };
}

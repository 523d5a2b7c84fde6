import type { PageReading, PageView } from '@gradeflow/contracts';
import type { z } from 'zod';

/** What was read on a page, as clients see it. */
export function presentPage(page: PageReading): z.infer<typeof PageView> {
  const { number, width, height, text, confidence, engine, rotation, failure } = page;
  const words = page.words.map((word) => ({ text: word.text, confidence: word.confidence, box: word.box }));
  return { number, width, height, text, confidence, engine, rotation, words, failure };
}

import type { PageReading } from '@gradeflow/contracts';
import type { SheetCorrection } from './segment-corrected.ts';

/** The pages with the words that people have corrected, later corrections last; the very same pages without any. */
export function correctWords(pages: PageReading[], corrections: readonly SheetCorrection[]): PageReading[] {
  const byPage = Map.groupBy(
    corrections.flatMap(({ change }) => ('words' in change ? change.words : [])),
    ({ page }) => page,
  );
  if (byPage.size === 0) return pages;
  return pages.map((page) => {
    const texts = new Map(byPage.get(page.number)?.map(({ index, text }) => [index, text]));
    if (texts.size === 0) return page;
    const words = page.words.map((word, index) => {
      const text = texts.get(index);
      return text === undefined ? word : { ...word, text, confidence: 1 };
    });
    return { ...page, words };
  });
}

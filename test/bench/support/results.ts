import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

/** A results file whose sections (`## title`) are measured one by one: replaces one of them and leaves the others as they are. */
export async function updateResults(
  file: string,
  page: { title: string; intro: string; order: readonly string[]; section: { title: string; text: string } },
): Promise<void> {
  const old = existsSync(file) ? await readFile(file, 'utf8') : '';
  const kept = new Map(
    old
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]),
  );
  kept.set(page.section.title, page.section.text.trim());
  const parts = page.order.flatMap((title) => (kept.has(title) ? [`## ${title}\n\n${kept.get(title)}\n`] : []));
  await writeFile(file, [`# ${page.title}\n\n${page.intro}\n`, ...parts].join('\n'));
}

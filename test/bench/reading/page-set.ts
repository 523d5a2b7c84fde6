import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** One file of the page set, as its manifest.json describes it. */
export interface PageItem {
  id: string;
  /** Relative to the set. */
  file: string;
  kind: string;
  pages: number;
  /** Transcript, relative to the set; null when there is none. */
  truth: string | null;
  note?: string;
  /** What is wanted of a hostile or broken file, in words. */
  expect?: string;
}

/** What one output scores against its transcript; rates are shares of the transcript. */
export interface Score {
  cer: number;
  wer: number;
  /** Characters of the transcript, and the edits that make it of the output. */
  chars: number;
  cEdits: number;
}

/** Pages with transcripts on this machine, and the scoring that comes with them. */
export interface PageSet {
  folder: string;
  items: PageItem[];
  fileOf(item: PageItem): string;
  /** Throws when the item has no transcript. */
  truthOf(item: PageItem): Promise<string>;
  score(truth: string, output: string): Score;
}

/** Kinds whose pages count as printed. */
const printedKinds = ['print-book', 'typed-archive', 'exam-digital'];

export const isPrinted = ({ kind, truth }: PageItem): boolean => truth !== null && printedKinds.includes(kind);

/** Opens the set below `dataFolder`/ocr; null when there is none. */
export async function findPageSet(dataFolder: string): Promise<PageSet | null> {
  const folder = path.join(dataFolder, 'ocr');
  if (!existsSync(path.join(folder, 'manifest.json'))) return null;
  const { items } = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')) as { items: PageItem[] };
  const { score } = (await import(pathToFileURL(path.join(folder, 'eval.mjs')).href)) as Pick<PageSet, 'score'>;
  return {
    folder,
    items,
    score,
    fileOf: (item) => path.join(folder, item.file),
    truthOf: async ({ id, truth }) => {
      if (truth === null) throw new Error(`${id} has no transcript`);
      return readFile(path.join(folder, truth), 'utf8');
    },
  };
}

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReadingPool } from '@gradeflow/reading';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';
import { isPrinted, type PageItem, type PageSet } from './page-set.ts';
import { splitTruth } from './split-truth.ts';

const scanDpi = 300;

/** One printed page as a picture file, with its own transcript. */
export interface PrintedPage {
  id: string;
  item: PageItem;
  file: string;
  mediaType: 'image/png' | 'image/jpeg';
  truth: string;
}

/**
 * The printed pages of the set in its manifest's order: pictures as they are, born-digital exams rendered at 300 dpi as grey PNG into
 * `folder`, their transcripts cut at the page breaks. Pages without a transcript of their own (blank ones) are left out.
 */
export async function makePrintedPages(set: PageSet, pool: ReadingPool, folder: string): Promise<PrintedPage[]> {
  const pages: PrintedPage[] = [];
  for (const item of set.items.filter(isPrinted)) {
    const file = set.fileOf(item);
    const truth = await set.truthOf(item);
    if (file.endsWith('.pdf')) pages.push(...(await renderExam(item, file, truth, pool, folder)));
    else pages.push({ id: item.id, item, file, mediaType: file.endsWith('.png') ? 'image/png' : 'image/jpeg', truth });
  }
  return pages;
}

async function renderExam(item: PageItem, file: string, truth: string, pool: ReadingPool, folder: string): Promise<PrintedPage[]> {
  const numbers = Array.from({ length: item.pages }, (_, index) => index + 1);
  const document = { absolutePath: file, mediaType: 'application/pdf' as const };
  const layers = await Promise.all(
    numbers.map(async (number) => (await pool.readPage({ file: document, filePage: number, number, languages: ['eng'] })).reading.text),
  );
  const truths = splitTruth(truth, layers);
  const library = await PDFiumLibrary.init();
  const pdf = await library.loadDocument(await readFile(file));
  const pages: PrintedPage[] = [];
  for (const number of numbers) {
    const own = truths[number - 1]?.trim() ?? '';
    if (own === '') continue;
    const { data, width, height } = await pdf.getPage(number - 1).render({ scale: scanDpi / 72, render: 'bitmap', colorSpace: 'Gray' });
    const picture = path.join(folder, `${item.id}-${number}.png`);
    await sharp(data, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .withMetadata({ density: scanDpi })
      .png()
      .toFile(picture);
    pages.push({ id: `${item.id}-${number}`, item, file: picture, mediaType: 'image/png', truth: own });
  }
  pdf.destroy();
  library.destroy();
  return pages;
}

/** A PDF as scanners make them: each page one grey JPEG at 300 dpi. Page `i` of `qualities.length × pages.length` has its round's quality. */
export async function writeScan(file: string, pages: readonly Pick<PrintedPage, 'file'>[], quality = 80): Promise<void> {
  const document = await PDFDocument.create();
  for (const page of pages) await addScannedPage(document, page.file, quality);
  await writeFile(file, await document.save());
}

/**
 * The same pages again and again until there are `count`, each round in a lower quality: no two pages have the same pixels, so that
 * none is taken from an earlier reading. Returns the bytes.
 */
export async function writeLongScan(file: string, pages: readonly Pick<PrintedPage, 'file'>[], count: number): Promise<number> {
  const document = await PDFDocument.create();
  for (let i = 0; i < count; i += 1) {
    const page = pages[i % pages.length];
    if (page) await addScannedPage(document, page.file, 60 - 4 * Math.floor(i / pages.length));
  }
  const bytes = await document.save();
  await writeFile(file, bytes);
  return bytes.length;
}

async function addScannedPage(document: PDFDocument, file: string, quality: number): Promise<void> {
  const grey = sharp(file).flatten({ background: '#fff' }).grayscale().toColourspace('b-w');
  const image = await document.embedJpg(await grey.jpeg({ quality }).toBuffer());
  const size: [number, number] = [(image.width * 72) / scanDpi, (image.height * 72) / scanDpi];
  document.addPage(size).drawImage(image, { x: 0, y: 0, width: size[0], height: size[1] });
}

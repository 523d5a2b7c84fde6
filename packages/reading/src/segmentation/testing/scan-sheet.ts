import { PDFDocument, type PDFFont, rgb, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { openPdf } from '../../documents/pdf-document.ts';
import { toGrey } from '../../pages/pixels.ts';
import { renderPdfPage } from '../../pages/render-pdf-page.ts';
import type { MadeSheet } from './make-sheet.ts';
import { createChooser } from './seeded.ts';
import { fontSize, sheetPage } from './typesetter.ts';

/** Points of a word in the font in which sheets are printed. */
export async function createMeasure(): Promise<(word: string) => number> {
  const font = await embed(await PDFDocument.create());
  return (word) => font.widthOfTextAtSize(word, fontSize);
}

const embed = (document: PDFDocument): Promise<PDFFont> => document.embedFont(StandardFonts.TimesRoman);

/** The sheet as a PDF with a text layer; crossed-out words have a line through them. */
export async function printSheet(sheet: MadeSheet): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await embed(document);
  for (const { words } of sheet.pages) {
    const page = document.addPage([sheetPage.width, sheetPage.height]);
    for (const { text, x, y, width, struck } of words) {
      const baseline = sheetPage.height - y;
      page.drawText(text, { x, y: baseline, size: fontSize, font });
      if (!struck) continue;
      const middle = baseline + 0.25 * fontSize;
      page.drawLine({
        start: { x: x - 1, y: middle - 1 },
        end: { x: x + width + 1, y: middle + 1.5 },
        thickness: 1.3,
        color: rgb(0, 0, 0),
      });
    }
  }
  return document.save();
}

/** The sheet's pages as a cheap scanner gives them: 200 dpi grey JPEG, turned by up to 0.3°, soft, noisy, low in contrast; by `seed`. */
export async function scanSheet(sheet: MadeSheet, seed: number): Promise<Uint8Array[]> {
  const random = createChooser(seed * 7919 + 1);
  const pdf = await openPdf(await printSheet(sheet));
  try {
    const scans: Uint8Array[] = [];
    for (let i = 0; i < pdf.pageCount; i++) {
      const pixels = pdf.withPage(i, renderPdfPage);
      if (!pixels) throw new Error(`page ${i + 1} of the printed sheet cannot be rendered`);
      const { width, height, data } = toGrey(pixels);
      const noise = 4 + 14 * random.next();
      const dark = 40 * random.next();
      for (let at = 0; at < data.length; at++) {
        const level = dark + ((data[at] ?? 0) / 255) * (235 - dark) + noise * (random.next() + random.next() + random.next() - 1.5);
        data[at] = Math.max(0, Math.min(255, level));
      }
      scans.push(
        await sharp(data, { raw: { width, height, channels: 1 } })
          .rotate((random.next() - 0.5) * 0.6, { background: '#ebebeb' })
          .resize(width, height, { fit: 'cover' })
          .blur(0.4 + 0.7 * random.next())
          .jpeg({ quality: random.between(50, 85) })
          .toBuffer(),
      );
    }
    return scans;
  } finally {
    pdf.close();
  }
}

import { PDFDocument, PDFHexString, PDFName, PDFNumber } from 'pdf-lib';
import sharp from 'sharp';

/** A PDF with as many A4 pages, each saying its number. */
export async function pdfOf(pages: number, size: [number, number] = [595, 842]): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  for (let page = 1; page <= pages; page += 1) pdf.addPage(size).drawText(`page ${page}`, { x: 20, y: 20 });
  return Buffer.from(await pdf.save({ useObjectStreams: false }));
}

/** A PDF that asks for a password that nobody has. */
export async function encryptedPdf(): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  pdf.addPage();
  const secret = PDFHexString.of('ab'.repeat(32));
  const id = PDFHexString.of('cd'.repeat(16));
  const dictionary = pdf.context.obj({
    Filter: PDFName.of('Standard'),
    V: PDFNumber.of(1),
    R: PDFNumber.of(2),
    P: PDFNumber.of(-4),
    O: secret,
    U: secret,
  });
  pdf.context.trailerInfo.Encrypt = pdf.context.register(dictionary);
  pdf.context.trailerInfo.ID = pdf.context.obj([id, id]);
  return Buffer.from(await pdf.save({ useObjectStreams: false }));
}

/** A plain picture. */
export function pictureOf(format: 'png' | 'jpeg' | 'tiff' | 'webp', width = 60, height = 80): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#eeeeee' } })
    .toFormat(format)
    .toBuffer();
}

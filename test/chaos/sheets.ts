import { PDFiumLibrary } from '@hyzyla/pdfium';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import type { Dice } from './dice.ts';

const a4 = { width: 595.28, height: 841.89 };
const scanDpi = 150;

/** What one student wrote to the demo's seven questions: of each, one of these, so that marks differ. */
const answers: ReadonlyArray<{ number: string; texts: readonly string[] }> = [
  {
    number: '1',
    texts: [
      'The plant uses the energy of sunlight to make sugar and oxygen from carbon dioxide and water.',
      'It takes carbon dioxide and water from the air and the ground.',
      'It eats the soil around its roots.',
    ],
  },
  { number: '2', texts: ['75 km/h', '150 km/h', '75'] },
  { number: '3', texts: ['C (Jupiter)', 'B (Saturn)'] },
  { number: '4', texts: ['True', 'False'] },
  { number: '5', texts: ['Put oil on the parts, and use ball bearings.', 'Put some oil on it.', 'Push harder.'] },
  { number: '6(a)', texts: ['F = 4 kg x 3 m/s2 = 12 N', '7 N'] },
  { number: '6(b)', texts: ["Newton's second law", 'Ohm'] },
];

export interface SheetKind {
  name: string;
  pages: number;
  /** A file of this kind, different in its bytes (and, scanned, in its pixels) from every other, with the same marks. */
  make(nonce: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** `typed` sheets with a text layer and `scanned` ones, one page each; the same dice give the same answers. */
export async function makeSheetKinds(
  dice: Dice,
  counts: { typed: number; scanned: number },
): Promise<{ typed: SheetKind[]; scanned: SheetKind[] }> {
  const lines = () => answers.map(({ number, texts }) => `${number}. ${dice.pick(texts)}`);
  const typed = Array.from({ length: counts.typed }, (_, index) => describeTyped(`typed ${index + 1}`, lines()));
  const scanned: SheetKind[] = [];
  for (let index = 0; index < counts.scanned; index++) scanned.push(await describeScanned(`scanned ${index + 1}`, lines()));
  return { typed, scanned };
}

function describeTyped(name: string, lines: string[]): SheetKind {
  return { name, pages: 1, make: async (nonce) => Uint8Array.from(await typeset(lines, nonce)) };
}

async function describeScanned(name: string, lines: string[]): Promise<SheetKind> {
  const grey = await render(await typeset(lines, 0));
  return { name, pages: 1, make: async (nonce) => Uint8Array.from(await wrap(await toPng(grey, nonce))) };
}

async function typeset(lines: string[], nonce: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([a4.width, a4.height]);
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (const [row, line] of lines.entries()) page.drawText(line, { x: 60, y: a4.height - 90 - row * 34, size: 12, font });
  pdf.setSubject(`sheet ${nonce}`);
  return pdf.save();
}

interface Grey {
  data: Buffer;
  width: number;
  height: number;
}

async function render(pdf: Uint8Array): Promise<Grey> {
  const library = await PDFiumLibrary.init();
  try {
    const document = await library.loadDocument(pdf);
    const image = await document.getPage(0).render({ scale: scanDpi / 72, render: 'bitmap' });
    document.destroy();
    const { width, height } = image;
    const data = await sharp(image.data, { raw: { width, height, channels: 4 } })
      .flatten({ background: 'white' })
      .grayscale()
      .raw()
      .toBuffer();
    return { data, width, height };
  } finally {
    library.destroy();
  }
}

/** The number stands in shades of white in the first row: pages of the same pixels are read once, and each of these is to be read. */
function toPng({ data, width, height }: Grey, nonce: number): Promise<Buffer> {
  const pixels = Buffer.from(data);
  for (let digit = 0, rest = nonce; rest > 0; digit++, rest = Math.floor(rest / 5)) pixels[digit] = 255 - (rest % 5);
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png({ compressionLevel: 3 })
    .toBuffer();
}

async function wrap(png: Buffer): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  pdf.addPage([a4.width, a4.height]).drawImage(await pdf.embedPng(png), { x: 0, y: 0, ...a4 });
  return pdf.save();
}

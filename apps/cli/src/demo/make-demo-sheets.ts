/**
 * Makes assets/demo/sheet-*.pdf: typed text, printed and scanned as an office machine would do it (a little turned, soft, noisy,
 * grey JPEG in a PDF without a text layer). Run by hand after changing demo-sheets.ts: `node apps/cli/src/demo/make-demo-sheets.ts`.
 * Seeded: the same sources give the same pictures.
 */
import { writeFile } from 'node:fs/promises';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { type DemoSheet, demoAsset, demoSheets } from './demo-sheets.ts';

const a4 = { width: 595.28, height: 841.89 };
const dpi = 200;

async function typeset(sheet: DemoSheet): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([a4.width, a4.height]);
  const font = await pdf.embedFont(StandardFonts.Courier);
  sheet.lines.forEach((line, row) => {
    page.drawText(line, { x: 62, y: a4.height - 80 - row * 19, size: 12, font });
  });
  return pdf.save();
}

async function render(pdf: Uint8Array): Promise<{ data: Uint8Array; width: number; height: number }> {
  const library = await PDFiumLibrary.init();
  try {
    const document = await library.loadDocument(pdf);
    const image = await document.getPage(0).render({ scale: dpi / 72, render: 'bitmap' });
    document.destroy();
    return image;
  } finally {
    library.destroy();
  }
}

/** Turned by a third of a degree, slightly soft, unevenly lit paper, sensor noise. */
async function scan(
  image: { data: Uint8Array; width: number; height: number },
  seed: number,
): Promise<{ data: Buffer; width: number; height: number }> {
  const turned = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 4 } })
    .flatten({ background: 'white' })
    .rotate(seed % 2 === 0 ? 0.3 : -0.35, { background: 'white' })
    .grayscale()
    .blur(0.7)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = turned.info;
  const random = seeded(seed);
  const noisy = Buffer.alloc(width * height);
  for (let i = 0; i < noisy.length; i++) {
    const paper = 0.93 + 0.04 * ((i % width) / width);
    const noise = (random() + random() + random() - 1.5) * 9;
    noisy[i] = Math.max(0, Math.min(255, (30 + (turned.data[i] ?? 255) * 0.88) * paper + noise));
  }
  const data = await sharp(noisy, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 55, mozjpeg: true })
    .toBuffer();
  return { data, width, height };
}

async function wrap(picture: { data: Buffer; width: number; height: number }): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  // A fixed date, so that the same sources give the same file.
  for (const set of [pdf.setCreationDate, pdf.setModificationDate]) set.call(pdf, new Date(0));
  const image = await pdf.embedJpg(picture.data);
  const size: [number, number] = [(picture.width * 72) / dpi, (picture.height * 72) / dpi];
  pdf.addPage(size).drawImage(image, { x: 0, y: 0, width: size[0], height: size[1] });
  return pdf.save();
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

for (const [index, sheet] of demoSheets.entries()) {
  const pdf = await wrap(await scan(await render(await typeset(sheet)), index + 1));
  await writeFile(demoAsset(sheet.file), pdf);
  process.stderr.write(`${sheet.file}: ${Math.round(pdf.length / 1024)} kB\n`);
}

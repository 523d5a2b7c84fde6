import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { degrees, PDFDocument, type PDFFont, type PDFPage, rgb, StandardFonts } from 'pdf-lib';

export const a4 = { width: 595, height: 842 };

/** Twelve lines of plain English, enough for every rule about text. */
export const prose = [
  'Photosynthesis is the process by which green plants make their food from light.',
  'It takes place in the leaves, in which there is a green pigment that is called',
  'chlorophyll. The plant takes in water from the soil and carbon dioxide from the',
  'air, and it gives off oxygen. The energy of the light is stored in the sugar that',
  'is made, so that the plant can use it at night when there is no light to be had.',
  'Without this process there would be no food for the animals that eat the plants,',
  'and not enough oxygen in the air for any of them to live on the earth for long.',
];

export interface SheetTools {
  document: PDFDocument;
  font: PDFFont;
}

/** Makes a PDF of one A4 page (or of the size given) and returns its path. */
export async function makeSheet(
  folder: string,
  name: string,
  draw: (page: PDFPage, tools: SheetTools) => Promise<void> | void,
  size = a4,
): Promise<string> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  await draw(document.addPage([size.width, size.height]), { document, font });
  const file = path.join(folder, `${name}.pdf`);
  await writeFile(file, await document.save());
  return file;
}

/** Writes lines from the top of the page; `colour` is a grey from 0 (black) to 1 (white). */
export function writeLines(page: PDFPage, font: PDFFont, lines: readonly string[], { top = 780, colour = 0 } = {}): void {
  lines.forEach((line, index) => {
    page.drawText(line, { x: 60, y: top - index * 20, size: 12, font, color: rgb(colour, colour, colour) });
  });
}

export const quarterTurn = degrees(90);

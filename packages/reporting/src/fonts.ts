import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fontkit from '@pdf-lib/fontkit';
import type { PDFDocument, PDFFont } from 'pdf-lib';

const require = createRequire(import.meta.url);

/** A font of the document and the code points that it can draw. */
export interface DocumentFont {
  font: PDFFont;
  covers: ReadonlySet<number>;
}

export interface DocumentFonts {
  regular: DocumentFont;
  bold: DocumentFont;
}

/**
 * DejaVu Sans: Latin, Greek, Cyrillic, Hebrew, Arabic, mathematics. PDF's built-in fonts throw on anything outside Windows-1252.
 * Only the glyphs that are used get into the file.
 */
export async function embedFonts(document: PDFDocument): Promise<DocumentFonts> {
  document.registerFontkit(fontkit);
  // One after the other: the order decides the numbers of the objects in the file.
  const regular = await embed(document, require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
  const bold = await embed(document, require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
  return { regular, bold };
}

async function embed(document: PDFDocument, file: string): Promise<DocumentFont> {
  const font = await document.embedFont(await readFile(file), { subset: true });
  return { font, covers: new Set(font.getCharacterSet()) };
}

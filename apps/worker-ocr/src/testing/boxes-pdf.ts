import { PDFDocument, rgb } from 'pdf-lib';

/**
 * A PDF of square pages without a character, each of its own size so that no two have the same pixels: rows of small dark boxes that stand where a scan has
 * writing. `sides` in points.
 */
export async function makeBoxesPdf(sides: number[]): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  for (const side of sides) {
    const page = pdf.addPage([side, side]);
    for (let y = 30; y < side - 30; y += 20)
      for (let x = 30; x < side - 40; x += 14) page.drawRectangle({ x, y, width: 7, height: 8, color: rgb(0, 0, 0) });
  }
  return Buffer.from(await pdf.save());
}

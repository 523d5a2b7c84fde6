import { PDFDocument, type PDFPage, rgb } from 'pdf-lib';
import { drawableText, fitText } from './fit-text.ts';
import { type DocumentFont, type DocumentFonts, embedFonts } from './fonts.ts';
import type { Marksheet, MarksheetRow } from './marksheet.ts';
import { type Column, formatNumber, layoutMarksheet, type MarksheetLayout, margin } from './marksheet-layout.ts';

const size = { title: 15, text: 9, small: 8 };
const rowHeight = 17;
const headerHeight = 62;
const cellPadding = 4;
const ink = rgb(0.1, 0.1, 0.12);
const faded = rgb(0.42, 0.42, 0.46);
const line = rgb(0.82, 0.82, 0.85);
const stripe = rgb(0.965, 0.965, 0.975);

/**
 * A table of all sheets of an assessment as PDF (A4): score, maximum, percent and status, and a column for each question where they all fit. Every page has
 * title, column heads and page number; long names end with `…`; characters that the font lacks show as `□`. The same input gives the same bytes.
 */
export async function buildMarksheetPdf(marksheet: Marksheet): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const fonts = await embedFonts(document);
  document.setTitle(marksheet.assessment.title);
  document.setCreator('Gradeflow');
  document.setProducer('Gradeflow');
  document.setCreationDate(marksheet.generatedAt);
  document.setModificationDate(marksheet.generatedAt);

  const layout = layoutMarksheet(marksheet.rows);
  const perPage = Math.floor((layout.page.height - 2 * margin - headerHeight - 3 * rowHeight) / rowHeight);
  const pageCount = Math.max(1, Math.ceil(marksheet.rows.length / perPage));
  for (let index = 0; index < pageCount; index += 1) {
    const sheet = document.addPage([layout.page.width, layout.page.height]);
    const pen = { sheet, fonts, layout };
    drawHeader(pen, marksheet);
    const rows = marksheet.rows.slice(index * perPage, (index + 1) * perPage);
    const bottom = drawTable(pen, rows, index * perPage);
    if (index === pageCount - 1) drawSummary(pen, marksheet.rows, bottom);
    drawFooter(pen, marksheet.generatedAt, `${index + 1} / ${pageCount}`);
  }
  return document.save();
}

interface Pen {
  sheet: PDFPage;
  fonts: DocumentFonts;
  layout: MarksheetLayout;
}

function drawHeader({ sheet, fonts, layout }: Pen, { assessment, institutionName }: Marksheet): void {
  const width = layout.page.width - 2 * margin;
  const top = layout.page.height - margin;
  const title = fitText(assessment.title, { font: fonts.bold, size: size.title }, width);
  sheet.drawText(title, { x: margin, y: top - size.title, size: size.title, font: fonts.bold.font, color: ink });
  const below = fitText(institutionName ? `Marksheet · ${institutionName}` : 'Marksheet', { font: fonts.regular, size: size.text }, width);
  sheet.drawText(below, { x: margin, y: top - size.title - 17, size: size.text, font: fonts.regular.font, color: faded });
}

/** Returns the height of the last rule. */
function drawTable(pen: Pen, rows: MarksheetRow[], firstIndex: number): number {
  const { sheet, fonts, layout } = pen;
  let y = layout.page.height - margin - headerHeight;
  drawRow(pen, y, fonts.bold, (column) => column.title);
  const width = layout.columns.reduce((sum, column) => sum + column.width, 0);
  const rule = (at: number) =>
    sheet.drawLine({ start: { x: margin, y: at }, end: { x: margin + width, y: at }, thickness: 0.6, color: line });
  rule(y);
  for (const [index, row] of rows.entries()) {
    y -= rowHeight;
    if (index % 2 === 1) sheet.drawRectangle({ x: margin, y, width, height: rowHeight, color: stripe });
    drawRow(pen, y, fonts.regular, (column) => column.value(row, firstIndex + index));
  }
  rule(y);
  return y;
}

function drawRow({ sheet, layout }: Pen, y: number, font: DocumentFont, textOf: (column: Column) => string): void {
  let x = margin;
  for (const column of layout.columns) {
    const text = fitText(textOf(column), { font, size: size.text }, column.width - 2 * cellPadding);
    const indent = column.align === 'left' ? cellPadding : column.width - cellPadding - font.font.widthOfTextAtSize(text, size.text);
    sheet.drawText(text, { x: x + indent, y: y + 5, size: size.text, font: font.font, color: ink });
    x += column.width;
  }
}

function drawSummary({ sheet, fonts, layout }: Pen, rows: MarksheetRow[], bottom: number): void {
  const scores = rows.flatMap(({ score }) => score ?? []);
  const mean = scores.length > 0 ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null;
  const parts = [`${scores.length} of ${rows.length} sheets have a score`, `mean ${formatNumber(mean)}`];
  if (!layout.showsQuestions) parts.push('too many questions for a column each');
  const text = drawableText(parts.join(' · '), fonts.regular);
  sheet.drawText(text, { x: margin, y: bottom - rowHeight, size: size.text, font: fonts.regular.font, color: faded });
}

function drawFooter({ sheet, fonts, layout }: Pen, generatedAt: Date, pageNumber: string): void {
  const style = { size: size.small, font: fonts.regular.font, color: faded, y: margin - 18 };
  const made = `Gradeflow · ${generatedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  sheet.drawText(made, { ...style, x: margin });
  const width = fonts.regular.font.widthOfTextAtSize(pageNumber, size.small);
  sheet.drawText(pageNumber, { ...style, x: layout.page.width - margin - width });
}

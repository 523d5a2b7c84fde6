/**
 * Makes assets/demo/paper.pdf, the question paper of the demo exam as a word processor prints it, from the answer key: numbers, questions, marks in
 * brackets at the right margin. Run by hand after changing the key: `node apps/cli/src/demo/make-demo-paper.ts`.
 */
import { writeFile } from 'node:fs/promises';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { demoAsset, readDemoKey } from './demo-sheets.ts';

const a4 = { width: 595.28, height: 841.89 };
const margin = 62;
const step = 30;

const questions = await readDemoKey();
const pdf = await PDFDocument.create();
pdf.setCreationDate(new Date(0));
pdf.setModificationDate(new Date(0));
const font = await pdf.embedFont(StandardFonts.TimesRoman);
const page = pdf.addPage([a4.width, a4.height]);
let y = a4.height - 80;
const write = (text: string, mark: string | null, indent: number) => {
  page.drawText(text, { x: margin + indent, y, size: 11.5, font });
  if (mark) page.drawText(mark, { x: a4.width - margin - font.widthOfTextAtSize(mark, 11.5), y, size: 11.5, font });
  y -= step;
};

const total = questions.reduce((sum, { maxScore }) => sum + maxScore, 0);
write('Science check', null, 0);
write(`Class 8b. Answer all questions. Total: ${total} marks`, null, 0);
let open = '';
for (const { number, prompt, maxScore } of questions) {
  const [, main = number, part = ''] = /^(\d+)(\(\w\))?$/.exec(number) ?? [];
  if (part && open !== main) write(`${main}. Answer both parts.`, null, 0);
  open = main;
  write(part ? `${part} ${prompt}` : `${main}. ${prompt}`, `[${maxScore}]`, part ? 24 : 0);
}
await writeFile(demoAsset('paper.pdf'), await pdf.save());

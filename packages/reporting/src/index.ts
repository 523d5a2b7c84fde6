export type { Marksheet, MarksheetRow } from './marksheet.ts';
export { buildMarksheetPdf } from './marksheet-pdf.ts';

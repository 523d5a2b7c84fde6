import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { renderPdfThumbnail } from '../pages/render-pdf-page.ts';
import { makeSheet, prose, writeLines } from '../testing/sheet.ts';
import { openPdf, type PdfDocument } from './pdf-document.ts';

/** Node has it; TypeScript knows it in browsers only. */
declare const WebAssembly: Record<'compile' | 'instantiate', (code: Uint8Array) => Promise<unknown>>;

let folder: Awaited<ReturnType<typeof createTempDir>>;
let sheet: string;
beforeAll(async () => {
  folder = await createTempDir();
  sheet = await makeSheet(folder.path, 'typed', (page, { font }) => writeLines(page, font, prose));
});
afterAll(() => folder.remove());
afterEach(() => {
  jest.restoreAllMocks();
});

const pixelsOf = (document: PdfDocument) => document.withPage(0, (page) => renderPdfThumbnail(page, 842).data);
/** Of this test's folder: others of the same process open and close their own. */
const openFiles = async () => {
  const targets = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(targets)).filter((target) => target.startsWith(folder.path));
};

describe('a PDF', () => {
  it('is read from its file and from bytes alike, also when the file has gone meanwhile', async () => {
    const fromBytes = await openPdf(await readFile(sheet));
    const copy = `${folder.path}/copy.pdf`;
    await writeFile(copy, await readFile(sheet));
    const fromFile = await openPdf(copy);
    await rm(copy);
    const pixels = pixelsOf(fromFile);
    expect(pixels?.some((level) => level < 100)).toBe(true);
    expect(pixels).toEqual(pixelsOf(fromBytes));
    for (const document of [fromBytes, fromFile]) document.close();
  });

  it('has an instance of its own of code that is compiled once', async () => {
    const compilers = [jest.spyOn(WebAssembly, 'compile'), jest.spyOn(WebAssembly, 'instantiate')];
    const documents = [await openPdf(sheet), await openPdf(sheet)];
    const instances = documents.map((document) => document.withPage(0, ({ pdfium }) => pdfium));
    expect(instances[0]).not.toBe(instances[1]);
    expect(compilers.reduce((sum, compiler) => sum + compiler.mock.calls.length, 0)).toBeLessThanOrEqual(1);
    for (const document of documents) document.close();
  });

  it('is let go of when it is closed, abandoned or refused', async () => {
    const broken = `${folder.path}/broken.pdf`;
    await writeFile(broken, '%PDF-1.7 and nothing more');
    (await openPdf(sheet)).close();
    (await openPdf(sheet)).abandon();
    await expect(openPdf(broken)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
    expect(await openFiles()).toEqual([]);
  });

  it('whose file is cut short while it is open has unreadable pages and harms nobody', async () => {
    const short = `${folder.path}/short.pdf`;
    await writeFile(short, await readFile(sheet));
    const document = await openPdf(short);
    await writeFile(short, '');
    const pixels = pixelsOf(document);
    expect(pixels === null || pixels.every((level) => level === 255)).toBe(true);
    document.close();
  });
});

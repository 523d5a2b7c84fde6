import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { command } from './read.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
const at = (name: string) => path.join(folder.path, name);

beforeAll(async () => {
  folder = await createTempDir();
  await writeFile(
    at('two.pages.pdf'),
    await typedPdf([
      'The first page speaks of plants and of the light that they need.',
      'The second page speaks of stones and of the time that they have.',
    ]),
  );
  await writeFile(at('one.pdf'), await typedPdf(['A page of its own about the water that flows from the hills to the sea.']));
  await writeFile(at('broken.pdf'), '%PDF-1.7 but nothing more');
});
afterAll(() => folder.remove());

async function typedPdf(pages: string[]): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (const line of pages) pdf.addPage([595, 842]).drawText(line, { x: 60, y: 760, size: 12, font });
  return pdf.save();
}

async function read(args: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const running = command.run(args, { stdout, stderr }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [code, out, err] = await Promise.all([running, text(stdout), text(stderr)]);
  return { code, out, err };
}

describe('gradeflow read', () => {
  it('prints one JSON line a document in their order; a broken one does not stop the rest', async () => {
    const { code, out, err } = await read([at('broken.pdf'), at('two.pages.pdf'), at('missing.pdf'), at('one.pdf'), '--json', '--quiet']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => [path.basename(line.file), line.pages.length, line.error?.code])).toEqual([
      ['broken.pdf', 0, 'PDF_UNREADABLE'],
      ['two.pages.pdf', 2, undefined],
      ['missing.pdf', 0, 'FILE_NOT_FOUND'],
      ['one.pdf', 1, undefined],
    ]);
    expect(lines[1].pages[1]).toMatchObject({ number: 2, engine: 'text-layer', confidence: 1, text: expect.stringContaining('stones') });
    expect(lines[1].pages[1].words[0]).toEqual({
      text: 'The',
      confidence: 1,
      box: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    expect(err.trim().split('\n')).toHaveLength(2);
    expect(code).toBe(1);
  }, 60_000);

  it('writes <name>.txt for each document with --out, and nothing else', async () => {
    const { code, out } = await read([at('two.pages.pdf'), at('one.pdf'), '--out', at('texts'), '--quiet']);
    expect(await readFile(at('texts/two.pages.txt'), 'utf8')).toMatch(/plants[\s\S]*\f[\s\S]*stones/);
    expect(await readFile(at('texts/one.txt'), 'utf8')).toContain('water');
    expect([code, out]).toEqual([0, '']);
  }, 60_000);

  it('refuses no files, and two files that would be written to one', async () => {
    expect((await read([])).code).toBe(2);
    expect((await read([at('one.pdf'), at('other/one.pdf'), '--out', at('texts')])).code).toBe(2);
  });
});

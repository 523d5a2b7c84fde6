import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from '@gradeflow/errors';
import type { Command, CommandStreams } from '../command.ts';
import { mapInOrder } from '../documents/map-in-order.ts';
import { createLocalPool, type ReadDocument, readDocument } from '../documents/read-document.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { writeAll } from '../terminal/write-all.ts';

const usage = `usage: gradeflow read FILE… [--json] [--out DIR] [--lang eng] [--quiet]

Reads documents (PDF, PNG, JPEG, TIFF, WebP) without a server: the text layer where it is good, OCR elsewhere.

  --json      one JSON line a document, in the order given: {file, pages: [{number, engine, text, confidence, width, height, words}]}
              (a document that cannot be read: pages [] and error {code, detail})
  --out DIR   writes DIR/<name>.txt for each document (<name>: its name without the last extension)
  --lang      OCR language, e.g. eng; several with commas
  --quiet     no progress

OCR_ENGINE (auto, native or tesseract.js) and OCR_DATA_DIR in the environment choose engine and language data; doctor tells which.

Text goes to stdout unless --json or --out is given; a form feed ends each page. One bad file does not stop the rest.
Exit code: 0 all read, 1 a document or a page could not be read, 2 wrong usage.
`;

interface Outcome {
  file: string;
  document: ReadDocument | null;
  fault: { code: string; detail: string } | null;
}

interface Settings {
  files: string[];
  json: boolean;
  out: string | null;
  languages: string[];
}

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, out: { type: 'string' }, lang: { type: 'string', default: 'eng' }, quiet: { type: 'boolean' } },
  });
  const out = values.out ?? null;
  const fault = usageFault(positionals, out);
  if (fault) {
    io.stderr.write(`${fault}\n\n${usage}`);
    return 2;
  }
  const settings = { files: positionals, json: values.json ?? false, out, languages: values.lang.split(',') };
  const progress = createProgress(io.stderr, { quiet: values.quiet });
  return readAll(settings, io, progress);
}

function usageFault(files: string[], out: string | null): string | null {
  if (files.length === 0) return 'Name at least one file.';
  const names = files.map(textName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return out !== null && twice !== undefined ? `Two of the files would be written to ${twice}.` : null;
}

const textName = (file: string): string => `${path.parse(file).name}.txt`;

async function readAll(settings: Settings, io: CommandStreams, progress: Progress): Promise<number> {
  const { files, languages } = settings;
  const { pool, size } = await createLocalPool();
  let failed = 0;
  let done = 0;
  const readOne = async (file: string): Promise<Outcome> => {
    const onPage = (page: number, total: number) =>
      progress.update((done + page / total) / files.length, `${file}: page ${page} of ${total}`);
    try {
      return { file, document: await readDocument({ pool, file, languages, concurrency: size, onPage }), fault: null };
    } catch (error) {
      return { file, document: null, fault: describeError(error) };
    }
  };
  try {
    for await (const outcome of mapInOrder(files, size, readOne)) {
      done++;
      if (!reportFaults(outcome, progress, io)) failed++;
      await writeOutcome(outcome, settings, io);
    }
  } finally {
    progress.done();
    await pool.close();
  }
  return failed === 0 ? 0 : 1;
}

/** Faults are said even with --quiet: they are no progress. True when there was none. */
function reportFaults({ file, document, fault }: Outcome, progress: Progress, io: CommandStreams): boolean {
  const faults = fault ? [`${file}: ${fault.detail} (${fault.code})`] : [];
  for (const page of document?.pages ?? []) if (page.failure !== null) faults.push(`${file}: page ${page.number}: ${page.failure}`);
  if (faults.length > 0) progress.done();
  for (const line of faults) io.stderr.write(`${line}\n`);
  return faults.length === 0;
}

async function writeOutcome({ file, document, fault }: Outcome, { json, out, files }: Settings, io: CommandStreams): Promise<void> {
  const text = (document?.pages ?? []).map((page) => `${page.text}\n\f`).join('');
  if (document && out !== null) {
    await mkdir(out, { recursive: true });
    await writeFile(path.join(out, textName(file)), text);
  }
  if (json) return writeAll(io.stdout, `${JSON.stringify(jsonLine(file, document, fault))}\n`);
  if (!document || out !== null) return;
  const title = files.length > 1 ? `==> ${file} <==\n` : '';
  await writeAll(io.stdout, title + text);
}

function jsonLine(file: string, document: ReadDocument | null, fault: Outcome['fault']) {
  if (!document) return { file, pages: [], error: fault };
  const pages = document.pages.map(({ number, engine, text, confidence, width, height, words, failure }) => ({
    number,
    engine,
    text,
    confidence,
    width,
    height,
    words: words.map((word) => ({ text: word.text, confidence: word.confidence, box: word.box })),
    ...(failure !== null && { failure }),
  }));
  return { file, pages };
}

export const command: Command = { name: 'read', summary: 'reads documents: text, words, confidence', usage, run };

/**
 * How long a 10 MB upload takes to be acknowledged, beside the bare cost of making the same bytes durable (write, fsync, rename,
 * fsync of the folder) on the same disk, interleaved in one run. `npm run bench -- upload-ack`.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { PDFDocument } from 'pdf-lib';
import { repository, signIn, startFleet } from '../e2e/fleet.ts';
import { describeMachine, median } from './support/figures.ts';

const rounds = 20;
const bytes = await tenMegabytePdf();
const folder = await createTempDir();
const bare = path.join(folder.path, 'bare');
await mkdir(bare);
const fleet = await startFleet({ dataDir: path.join(folder.path, 'data') });
try {
  const teacher = await signIn(fleet, 'TEACHER');
  const acknowledged: number[] = [];
  const written: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const writeMs = await timed(() => writeDurably(`${round}.pdf`));
    const start = performance.now();
    const { id, response } = await teacher.upload(fleet.demo.assessmentId, bytes, `round ${round}`);
    const uploadMs = performance.now() - start;
    if (response.status !== 202) throw new Error(`the upload was answered ${response.status}`);
    // Nothing else is to be going on while the next one is measured.
    await teacher.follow(id);
    if (round < 0) continue;
    acknowledged.push(uploadMs);
    written.push(writeMs);
  }
  await report(acknowledged, written);
} finally {
  await fleet.interrupt();
  fleet.kill();
  await folder.remove();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function writeDurably(name: string): Promise<void> {
  const target = path.join(bare, name);
  const file = await open(`${target}.tmp`, 'wx');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(`${target}.tmp`, target);
  const parent = await open(bare, 'r');
  await parent.sync();
  await parent.close();
  await rm(target);
}

/** One typed page, and an attachment that makes it 10 MB. */
async function tenMegabytePdf(): Promise<Uint8Array<ArrayBuffer>> {
  const pdf = await PDFDocument.create();
  pdf.addPage([595, 842]).drawText('1. A sheet with a large attachment', { x: 60, y: 760, size: 14 });
  await pdf.attach(randomBytes(10_000_000), 'filler.bin');
  return Uint8Array.from(await pdf.save());
}

async function report(acknowledged: number[], written: number[]): Promise<void> {
  const round = (value: number) => value.toFixed(1);
  const row = (name: string, values: number[]) =>
    `| ${name} | ${round(median(values))} | ${round(Math.min(...values))} | ${round(Math.max(...values))} |`;
  const text = [
    '# Acknowledgement of a 10 MB upload',
    '',
    `${rounds} rounds, interleaved on an idle fleet, after two that do not count; ${bytes.length.toLocaleString('en')} bytes, times in ms as the client sees them. ${describeMachine()}`,
    '',
    '| | median | fastest | slowest |',
    '|---|---|---|---|',
    row('upload to 202 (HTTP, hash, sync, look into the PDF)', acknowledged),
    row('bare write, fsync, rename, fsync of the folder', written),
    '',
    `Ratio of the medians: ${round(median(acknowledged) / median(written))}.`,
    '',
  ].join('\n');
  process.stdout.write(text);
  await writeFile(`${repository}/test/bench/results/upload-ack.md`, text);
}

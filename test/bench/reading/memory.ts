import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { waitFor } from '@gradeflow/testing';
import { signIn, startFleet } from '../../e2e/fleet.ts';
import { table } from '../support/figures.ts';
import { watchMemory } from '../support/watch-memory.ts';
import type { Bench, EngineName, Section } from './bench.ts';
import { writeLongScan } from './printed-pages.ts';

const pageCount = 100;
const earlyPage = 20;
const maxBytes = 40e6;
const boundMb = 400;

export const memory: Section = {
  name: 'memory',
  title: 'Memory over a long document',
  run: async (bench) => {
    const scan = path.join(bench.folder, 'long.pdf');
    const pages = await bench.printed();
    const bytes = await writeLongScan(scan, pages, bench.quick ? earlyPage + 4 : pageCount);
    if (bytes > maxBytes) throw new Error(`the long document has ${bytes} bytes`);
    const rows: Array<Array<string | number>> = [];
    for (const engine of bench.engines) rows.push(...(await readInFleet(bench, engine, scan)));
    return [
      `The printed pages in the manifest's order, again and again up to ${bench.quick ? earlyPage + 4 : pageCount} (grey JPEG, 300 dpi, ${(bytes / 1e6).toFixed(1)} MB), uploaded to a running Gradeflow; resident memory of the OCR worker and of its reading processes, looked at every 50 ms, in MB. Wanted: at most ${boundMb} MB, the same from page ${earlyPage} on.`,
      '',
      ...table(['engine', 'until page', 'worker, peak', 'largest reading process, peak', 'its reading processes together, peak'], rows),
    ];
  },
};

async function readInFleet(bench: Bench, engine: EngineName, scan: string): Promise<Array<Array<string | number>>> {
  const dataDir = path.join(bench.folder, `fleet-${engine}`);
  const fleet = await startFleet({ dataDir, env: { OCR_ENGINE: engine, OCR_CONCURRENCY: '2' } });
  try {
    const teacher = await signIn(fleet, 'TEACHER');
    const worker = fleet.processes().find(({ command }) => command.includes('apps/worker-ocr/'));
    if (!worker) throw new Error('no worker-ocr in the fleet');
    const watch = watchMemory(worker.pid);
    const { id } = await teacher.upload(fleet.demo.assessmentId, Uint8Array.from(await readFile(scan)), 'long document');
    const pages = path.join(dataDir, 'spool/ready', id, 'pages');
    const readSoFar = async () => (existsSync(pages) ? (await readdir(pages)).filter((name) => /^\d+\.json$/.test(name)).length : 0);
    await waitFor(async () => (await readSoFar()) >= earlyPage, { timeoutMs: 300_000, everyMs: 50, what: `${earlyPage} pages` });
    const early = watch.peaks();
    await teacher.follow(id, 600_000);
    watch.stop();
    return [describe(engine, earlyPage, early), describe(engine, 'the last', watch.peaks())];
  } finally {
    await fleet.interrupt();
    fleet.kill();
  }
}

function describe(
  engine: string,
  until: number | string,
  { workerMb, childMb, childrenMb }: ReturnType<ReturnType<typeof watchMemory>['peaks']>,
) {
  return [engine, until, workerMb.toFixed(0), childMb.toFixed(0), childrenMb.toFixed(0)];
}

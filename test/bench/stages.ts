/**
 * When the steps of a submission start: ten uploads one after another on an idle fleet. `npm run bench -- stages`.
 * A start is `startedAt` of the stage: the first start of its processor, stamped by the worker.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { SubmissionView } from '@gradeflow/contracts';
import { createTempDir } from '@gradeflow/testing';
import { demoFile, repository, signIn, startFleet } from '../e2e/fleet.ts';
import { describeMachine, median } from './support/figures.ts';

interface Row {
  spreadMs: number;
  gradeAfterMs: number;
  totalMs: number;
}

const uploads = 10;
const boundMs = 50;
const folder = await createTempDir();
const fleet = await startFleet({ dataDir: folder.path });
try {
  const teacher = await signIn(fleet, 'TEACHER');
  const sheet = Uint8Array.from(await readFile(demoFile('sheet-1.pdf')));
  // One before the count: engines load their data with the first page.
  const warmUp = await teacher.upload(fleet.demo.assessmentId, sheet, 'warm-up');
  await teacher.follow(warmUp.id);
  const rows: Row[] = [];
  for (let i = 1; i <= uploads; i++) {
    const { id } = await teacher.upload(fleet.demo.assessmentId, sheet, `bench ${i}`);
    await teacher.follow(id);
    rows.push(measure(await teacher.settle(id)));
  }
  await report(rows);
} finally {
  await fleet.interrupt();
  fleet.kill();
  await folder.remove();
}

function measure(view: SubmissionView): Row {
  const time = (name: string, which: 'startedAt' | 'finishedAt') => {
    const value = view.stages.find((stage) => stage.name === name)?.[which];
    if (!value) throw new Error(`stage ${name} of ${view.id} has no ${which}`);
    return new Date(value).getTime();
  };
  const parallel = ['extract', 'persist', 'record'];
  const starts = parallel.map((name) => time(name, 'startedAt'));
  const last = Math.max(...parallel.map((name) => time(name, 'finishedAt')));
  return {
    spreadMs: Math.max(...starts) - Math.min(...starts),
    gradeAfterMs: time('grade', 'startedAt') - last,
    totalMs: time('grade', 'finishedAt') - new Date(view.createdAt).getTime(),
  };
}

async function report(measured: Row[]): Promise<void> {
  const lines = measured.map(({ spreadMs, gradeAfterMs, totalMs }, i) => `| ${i + 1} | ${spreadMs} | ${gradeAfterMs} | ${totalMs} |`);
  const worst = { spread: Math.max(...measured.map((row) => row.spreadMs)), after: Math.max(...measured.map((row) => row.gradeAfterMs)) };
  const middle = [
    median(measured.map((row) => row.spreadMs)),
    median(measured.map((row) => row.gradeAfterMs)),
    median(measured.map((row) => row.totalMs)),
  ];
  const text = [
    '# When the steps of a submission start',
    '',
    `Ten uploads of the demo sheet (one scanned page), one after another on an idle fleet; times in ms. ${describeMachine()}`,
    '',
    '| upload | extract, persist, record start within | grade starts after the last of them ended | accepted to graded |',
    '|---|---|---|---|',
    ...lines,
    `| median | ${middle.join(' | ')} |`,
    '',
    `Worst: ${worst.spread} and ${worst.after} ms; wanted: at most ${boundMs} ms each. ${worst.spread <= boundMs && worst.after <= boundMs ? 'Met.' : 'NOT met.'}`,
    '',
  ].join('\n');
  process.stdout.write(text);
  await writeFile(`${repository}/test/bench/results/stages.md`, text);
}

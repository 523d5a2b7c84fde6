import { writeFile } from 'node:fs/promises';
import { describeMachine, median } from '../bench/support/figures.ts';
import { repository } from '../e2e/fleet.ts';
import type { RoundResult } from './run-round.ts';

/** Writes test/bench/results/chaos.md. */
export async function writeReport(run: {
  results: RoundResult[];
  left: string[];
  seed: number;
  startedAt: number;
  spoolFills: boolean;
  clockJumps: boolean;
}): Promise<void> {
  const { results, left, seed } = run;
  const uploads = results.flatMap((result) => result.uploads);
  const taken = uploads.filter(({ id }) => id !== null);
  const breaches = results.flatMap((result) => result.breaches);
  const count = (kind: string) => breaches.filter((breach) => breach.startsWith(kind)).length;
  const settled = results.map(({ settledAfterMs }) => settledAfterMs / 1000);
  const text = [
    '# Nothing lost, nothing twice',
    '',
    `\`npm run chaos -- --seed ${seed} --rounds ${results.length} --uploads ${uploads.length / results.length} --report\`, ${Math.round((Date.now() - run.startedAt) / 60_000)} min. ${describeMachine()}`,
    '',
    'Sheets of one page, most with a text layer, about one in twenty scanned; sent by a client that repeats what was not acknowledged under the same key. What is checked: `test/chaos/README.md`.',
    '',
    '| what | count |',
    '|---|---|',
    `| rounds | ${results.length} |`,
    `| acknowledged uploads | ${taken.length} of ${uploads.length} |`,
    `| lost | ${count('LOST') + count('NOT GRADED')} |`,
    `| twice (submission or grading) | ${count('TWICE')} |`,
    `| notices missing or twice | ${count('NOTICES')} |`,
    `| other marks than undisturbed | ${count('OTHER MARKS')} |`,
    `| pages out of balance | ${count('PAGES')} |`,
    `| stuck: 60 s without a word, or not ended after 180 s | ${count('STUCK')} |`,
    `| left in the spool | ${count('SPOOL')} |`,
    `| processes left after Ctrl-C | ${left.length} |`,
    `| seconds from peace to the last mark, median / worst round | ${median(settled).toFixed(1)} / ${Math.max(...settled).toFixed(1)} |`,
    '',
    ...(run.spoolFills
      ? []
      : ['No small file system could be mounted for the spool on this machine: disks did not get full in this run.', '']),
    ...(run.clockJumps ? [] : ['libfaketime was not there and could not be installed: clocks did not jump in this run.', '']),
    '## Faults',
    '',
    '| fault | rounds |',
    '|---|---|',
    ...countFaults(results),
    '',
    ...(breaches.length > 0 ? ['## Breaches', '', ...breaches.map((breach) => `- ${breach}`), ''] : []),
    '## Refusals before the acknowledgement',
    '',
    '| answer | tries |',
    '|---|---|',
    ...countRefusals(results),
    '',
  ].join('\n');
  await writeFile(`${repository}/test/bench/results/chaos.md`, text);
}

function countFaults(results: RoundResult[]): string[] {
  const kinds = results.flatMap(({ faults }) =>
    faults.map((fault) =>
      fault
        .replace(/ for [\d.]+ s/, '')
        .replace(/[\d.]+ s /, '')
        .replace(/ \(at .*/, ''),
    ),
  );
  const counted = [...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length] as const);
  return counted.toSorted((a, b) => b[1] - a[1]).map(([kind, rounds]) => `| ${kind} | ${rounds} |`);
}

function countRefusals(results: RoundResult[]): string[] {
  const totals = new Map<string, number>();
  for (const { refusals } of results.flatMap(({ uploads }) => uploads))
    for (const [answer, tries] of refusals) totals.set(answer, (totals.get(answer) ?? 0) + tries);
  return totals.size === 0 ? ['| none | 0 |'] : [...totals].map(([answer, tries]) => `| ${answer} | ${tries} |`);
}

/**
 * Uploads while everything fails, and a checker of what may never happen. `npm run chaos -- --seed 1 --rounds 5`; see README.md beside this file.
 */
import { parseArgs } from 'node:util';
import { createDice } from './dice.ts';
import { writeReport } from './report.ts';
import { gradeUndisturbed, type RoundResult, runRound } from './run-round.ts';
import { makeSheetKinds } from './sheets.ts';
import { startWorld } from './world.ts';

const usage = `usage: npm run chaos -- [--seed N] [--rounds R] [--uploads U] [--report]

  --seed N      round i draws its faults and uploads from seed N + i (default 1): a failing seed is replayed by --seed S --rounds 1
  --rounds R    default 3
  --uploads U   uploads a round, default 40
  --report      write test/bench/results/chaos.md
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  const { seed, rounds, uploads, report } = options;
  const startedAt = Date.now();
  const world = await startWorld();
  const results: RoundResult[] = [];
  let left: string[] = [];
  try {
    if (!world.fillSpoolFor) say('no small file system could be mounted for the spool: disks do not get full in this run');
    if (!world.jumpClock) say('libfaketime is not here and could not be installed: clocks do not jump in this run');
    const sheets = await makeSheetKinds(createDice(0), { typed: 12, scanned: 3 });
    const expectedMarks = await gradeUndisturbed(world, sheets);
    for (let round = 0; round < rounds; round++) {
      const before = world.fleet.output().length;
      const result = await runRound(world, { seed: seed + round, uploads, sheets, expectedMarks });
      results.push(result);
      sayRound(result);
      if (result.breaches.length > 0) sayLog(world.fleet.output().slice(before), result.breaches);
    }
  } finally {
    left = await world.stop();
  }
  for (const command of left) say(`LEAKED: ${command}`);
  const failing = results.filter(({ breaches }) => breaches.length > 0).map((result) => result.seed);
  const taken = results.flatMap((result) => result.uploads).filter(({ id }) => id !== null).length;
  say(`${results.length} rounds, ${taken} acknowledged uploads, ${failing.length} rounds with a breach, ${left.length} processes left`);
  for (const failed of failing) say(`replay: npm run chaos -- --seed ${failed} --rounds 1 --uploads ${uploads}`);
  if (report)
    await writeReport({ results, left, seed, startedAt, spoolFills: world.fillSpoolFor !== null, clockJumps: world.jumpClock !== null });
  return failing.length > 0 || left.length > 0 ? 1 : 0;
}

/** A number is the exit code: 0 after `--help`, 2 after what nobody understands. */
function readOptions(): { seed: number; rounds: number; uploads: number; report: boolean } | number {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        rounds: { type: 'string', default: '3' },
        uploads: { type: 'string', default: '40' },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [seed, rounds, uploads] = [values.seed, values.rounds, values.uploads].map(Number);
    if (values.help) {
      say(usage);
      return 0;
    }
    if (![seed, rounds, uploads].every((value) => Number.isInteger(value) && Number(value) > 0)) throw new Error(usage);
    return { seed: Number(seed), rounds: Number(rounds), uploads: Number(uploads), report: values.report };
  } catch {
    process.stderr.write(usage);
    return 2;
  }
}

function sayRound({ seed, faults, uploads, settledAfterMs, breaches }: RoundResult): void {
  const taken = uploads.filter(({ id }) => id !== null).length;
  say(
    `seed ${seed}: ${faults.join('; ')}: ${taken}/${uploads.length} acknowledged, settled ${(settledAfterMs / 1000).toFixed(1)} s later, ${breaches.length} breaches`,
  );
  for (const breach of breaches) say(`  ${breach}`);
}

/** What the processes said about the submissions that a breach names. */
function sayLog(output: string, breaches: string[]): void {
  const ids = new Set(breaches.flatMap((breach) => breach.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? []));
  const lines = output.split('\n').filter((line) => [...ids].some((id) => line.includes(id)));
  for (const line of lines.slice(0, 60)) say(`    ${line}`);
}

process.exitCode = await main();

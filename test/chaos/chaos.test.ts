import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDice } from './dice.ts';
import { gradeUndisturbed, runRound, type Sheets } from './run-round.ts';
import { makeSheetKinds } from './sheets.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let sheets: Sheets;
let expectedMarks: Map<string, string>;
let stopped: Promise<string[]> | undefined;
const stop = () => (stopped ??= world.stop());

beforeAll(async () => {
  world = await startWorld();
  sheets = await makeSheetKinds(createDice(0), { typed: 4, scanned: 1 });
  expectedMarks = await gradeUndisturbed(world, sheets);
}, 120_000);

afterAll(() => stop(), 60_000);

// Drawn by these, where clocks can jump: worker-ingest killed, FLUSHALL, clocks behind; gateway and Postgres killed, clocks ahead.
it.each([145, 233])(
  'loses nothing and does nothing twice in the round of seed %i',
  async (seed) => {
    const { breaches, uploads } = await runRound(world, { seed, uploads: 16, sheets, expectedMarks });
    expect(breaches).toEqual([]);
    expect(uploads.filter(({ id }) => id === null)).toEqual([]);
  },
  300_000,
);

it('moves the clocks of Gradeflow alone, where that is possible', async () => {
  const tellTime = async () => Date.parse((await fetch(`${world.fleet.url}/healthz`)).headers.get('date') ?? '');
  const lead = async () => (await tellTime()) - Date.now();
  if (world.jumpClock === null) return expect(Math.abs(await lead())).toBeLessThan(60_000);
  const jumping = world.jumpClock(600, 3_000);
  await waitFor(async () => (await lead()) > 500_000);
  await jumping;
  await waitFor(async () => Math.abs(await lead()) < 60_000);
});

it('leaves no process behind', async () => {
  expect(await stop()).toEqual([]);
}, 60_000);

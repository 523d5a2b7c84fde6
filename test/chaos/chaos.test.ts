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

// Drawn by these: gateway and worker-grading killed, FLUSHALL; worker-ocr paused, Postgres killed, FLUSHALL.
it.each([119, 115])(
  'loses nothing and does nothing twice in the round of seed %i',
  async (seed) => {
    const { breaches, uploads } = await runRound(world, { seed, uploads: 16, sheets, expectedMarks });
    expect(breaches).toEqual([]);
    expect(uploads.filter(({ id }) => id === null)).toEqual([]);
  },
  300_000,
);

it('leaves no process behind', async () => {
  expect(await stop()).toEqual([]);
}, 60_000);

import { setTimeout as delay } from 'node:timers/promises';
import { openApi } from './api.ts';
import { checkRound, describeMarks } from './check-round.ts';
import { createDice, type Dice } from './dice.ts';
import { type Fault, listFaults } from './faults.ts';
import { patiently, settle } from './settle.ts';
import type { SheetKind } from './sheets.ts';
import { sendSheet, type Upload } from './uploads.ts';
import type { World } from './world.ts';

export interface RoundResult {
  seed: number;
  faults: string[];
  uploads: Upload[];
  /** From the last upload and the end of the last fault to the end of the last submission. */
  settledAfterMs: number;
  /** A line for each law that was broken. */
  breaches: string[];
}

export interface Sheets {
  typed: SheetKind[];
  scanned: SheetKind[];
}

const lanes = 4;
const scannedShare = 1 / 20;
const giveUpMs = 180_000;

/** Marks of each kind of sheet when nothing goes wrong. */
export async function gradeUndisturbed(world: World, { typed, scanned }: Sheets): Promise<Map<string, string>> {
  const api = await openApi(world.fleet);
  const assessmentId = await api.createAssessment('Undisturbed');
  const marks = new Map<string, string>();
  const acknowledged: string[] = [];
  for (const kind of [...typed, ...scanned]) {
    const sheet = { url: world.fleet.url, accessToken: api.accessToken, assessmentId, label: kind.name, kind, nonce: 0, giveUpMs: 10_000 };
    const { id } = await sendSheet(sheet);
    if (id === null) throw new Error(`"${kind.name}" was not taken although nothing is wrong`);
    acknowledged.push(id);
  }
  const fail = (what: string) => {
    throw new Error(`undisturbed, a sheet ${what}`);
  };
  for (const { id, label } of await settle({ api, assessmentId, acknowledged, giveUpMs, onSilence: (_, what) => fail(what) }))
    marks.set(label ?? '', describeMarks(await api.getSubmission(id)));
  return marks;
}

/** One round: uploads while one to three things go wrong, then peace, then the laws. The same seed does the same. */
export async function runRound(
  world: World,
  options: { seed: number; uploads: number; sheets: Sheets; expectedMarks: Map<string, string> },
): Promise<RoundResult> {
  const { seed, sheets, expectedMarks } = options;
  const dice = createDice(seed);
  const api = await patiently(() => openApi(world.fleet));
  const assessmentId = await patiently(() => api.createAssessment(`Round of seed ${seed}`));
  // Clocks may have been behind when something was written.
  const since = new Date(Date.now() - 600_000);
  const faults = dice.draw(listFaults(world, dice), dice.between(1, 3)).map((fault) => ({ fault, afterMs: dice.between(0, 4_000) }));
  const plan = planUploads(dice, sheets, options);

  const broken = faults.map(({ fault, afterMs }) => runLater(fault, afterMs));
  const target = { url: world.fleet.url, accessToken: api.accessToken, assessmentId, giveUpMs: 60_000 };
  const lanesDone = Array.from({ length: lanes }, async (_, lane) => {
    const sent: Upload[] = [];
    for (const { pauseMs, ...sheet } of plan.filter((_upload, index) => index % lanes === lane)) {
      await delay(pauseMs);
      sent.push(await sendSheet({ ...target, ...sheet }));
    }
    return sent;
  });
  const uploads = (await Promise.all(lanesDone)).flat();
  await Promise.all(broken);

  const peaceAt = performance.now();
  const silent: string[] = [];
  const items = await settle({
    ...{ api, assessmentId, giveUpMs },
    acknowledged: uploads.flatMap(({ id }) => (id === null ? [] : [id])),
    onSilence: (view, what) =>
      silent.push(`STUCK: "${view.label}" (${view.id}) ${what}: ${JSON.stringify([view.status, view.waitingFor, view.stages])}`),
  });
  const settledAfterMs = performance.now() - peaceAt;
  const breaches = await checkRound({ api, since, uploads, items, expectedMarks, spoolFolder: world.spoolFolder });
  return {
    seed,
    faults: faults.map(({ fault, afterMs }) => `${fault.name} (at ${afterMs / 1000} s)`),
    uploads,
    settledAfterMs,
    breaches: [...silent, ...breaches],
  };
}

function planUploads(dice: Dice, { typed, scanned }: Sheets, { seed, uploads }: { seed: number; uploads: number }) {
  return Array.from({ length: uploads }, (_, index) => ({
    label: `seed ${seed}, sheet ${index + 1}`,
    kind: dice.pick(dice.chance(scannedShare) ? scanned : typed),
    // Different for every sheet of every round of a run.
    nonce: seed * 1_000 + index + 1,
    pauseMs: dice.between(50, 800),
  }));
}

async function runLater(fault: Fault, afterMs: number): Promise<void> {
  await delay(afterMs);
  await fault.run();
}

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { StageRepository } from './stages.ts';

let scratch: ScratchDatabase;
let stages: StageRepository;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  stages = scratch.database.stages;
});
afterAll(() => scratch.drop());

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const extractOf = async (id: string) => (await stages.list(id)).stages[0];

describe('stages', () => {
  it('end in the same state in whatever order, and however often, the reports of two attempts arrive', async () => {
    const reports = (id: string) => [
      () => stages.start(id, 'extract', at(1), 1),
      () => stages.fail(id, 'extract', at(2), 'engine crashed', 1),
      () => stages.start(id, 'extract', at(3), 2),
      () => stages.complete(id, 'extract', { startedAt: at(3), finishedAt: at(4) }, 2),
    ];
    const order = fc.shuffledSubarray([0, 1, 2, 3, 0, 1, 2, 3], { minLength: 8 });
    await fc.assert(
      fc.asyncProperty(order, async (arrivals) => {
        const id = randomUUID();
        for (const index of arrivals) await reports(id)[index]?.();
        const expected = { status: 'COMPLETED', startedAt: at(1), finishedAt: at(4), attempts: 2, reason: null };
        expect(await extractOf(id)).toEqual({ name: 'extract', ...expected });
      }),
      { numRuns: 60 },
    );
  });

  it('stay completed when a start of the same attempt comes late, and become active by a later attempt', async () => {
    const id = randomUUID();
    await stages.complete(id, 'extract', { startedAt: at(1), finishedAt: at(2) }, 1);
    await stages.start(id, 'extract', at(1), 1);
    await stages.start(id, 'extract', at(5), 1);
    expect(await extractOf(id)).toMatchObject({ status: 'COMPLETED', finishedAt: at(2) });
    await stages.start(id, 'extract', at(6), 2);
    expect(await extractOf(id)).toMatchObject({ status: 'ACTIVE', startedAt: at(1), finishedAt: null, attempts: 2 });
  });

  it('complete by a job that was built anew and counts its attempts from 1 again', async () => {
    const id = randomUUID();
    await stages.start(id, 'extract', at(1), 3);
    await stages.start(id, 'extract', at(5), 1);
    await stages.complete(id, 'extract', { startedAt: at(5), finishedAt: at(6) }, 1);
    expect(await extractOf(id)).toMatchObject({ status: 'COMPLETED', attempts: 3 });
  });

  it('are always four in order, with pages that never fall, for known and unknown submissions', async () => {
    const [known, unknown] = [randomUUID(), randomUUID()];
    await Promise.all([3, 1, 5, 2, 4].map((done) => stages.setPages(known, { done })));
    await stages.setPages(known, { total: 5 });
    await stages.fail(known, 'persist', at(9), 'disk full', 2);
    const many = await stages.listMany([known, unknown]);
    expect(many.get(known)).toMatchObject({ pagesTotal: 5, pagesDone: 5 });
    expect(many.get(known)?.stages.map(({ name, status, reason }) => [name, status, reason])).toEqual([
      ['extract', 'WAITING', null],
      ['persist', 'FAILED', 'disk full'],
      ['record', 'WAITING', null],
      ['grade', 'WAITING', null],
    ]);
    expect(many.get(unknown)?.stages.every(({ status }) => status === 'WAITING')).toBe(true);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '../create-database.ts';
import { type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';

let scratch: ScratchDatabase;
let database: Database;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
});
afterAll(() => scratch.drop());

const hold = { currency: 'EUR', holdMs: 60_000 };

async function schoolWith(amount: number | null, currency = 'EUR'): Promise<School> {
  const school = await seedSchool(database);
  await database.institutions.update(
    school.institutionId,
    { modelBudget: amount === null ? null : { amount, currency } },
    school.admin.userId,
  );
  return school;
}

async function reserved(institutionId: string): Promise<{ reserved: number; spent: number; open: number }> {
  const [row] = await scratch.query(
    `SELECT coalesce(sum(reserved), 0)::float8 AS reserved, coalesce(sum(spent), 0)::float8 AS spent,
       (SELECT count(*)::int FROM model_reservation WHERE institution_id = $1) AS open FROM model_spend WHERE institution_id = $1`,
    [institutionId],
  );
  return row as { reserved: number; spent: number; open: number };
}

const used = (changes: object = {}) => ({
  ...{
    submissionId: randomUUID(),
    run: 1,
    model: 'm',
    calls: 1,
    promptTokens: 100,
    completionTokens: 10,
    cost: 0.5,
    currency: 'EUR' as string | null,
  },
  ...changes,
});

describe('a cap', () => {
  it('is never exceeded by fifty calls at once, over two processes, whatever they come to', async () => {
    const { institutionId } = await schoolWith(10);
    const other = createDatabase({ url: scratch.url });
    try {
      await other.ping();
      const call = async (index: number): Promise<number> => {
        const { modelSpending } = index % 2 ? database : other;
        const reservation = await modelSpending.reserve({ institutionId, amount: 1, ...hold });
        if (reservation) await modelSpending.settle(reservation, used({ cost: index % 3 ? 1 : 0.5 }));
        return reservation === null ? 0 : index % 3 ? 1 : 0.5;
      };
      const costs = await Promise.all(Array.from({ length: 50 }, (_, index) => call(index)));
      // Who was refused while others had more set aside than they came to gets what is left.
      for (let cost = 1; cost > 0; costs.push(cost)) cost = await call(1);
      const { spent, reserved: left, open } = await reserved(institutionId);
      expect({ left, open, spent }).toEqual({ left: 0, open: 0, spent: costs.reduce((sum, cost) => sum + cost, 0) });
      // All of it was used up: what is left is less than a call may cost.
      expect(spent).toBeGreaterThan(9);
      expect(spent).toBeLessThanOrEqual(10);
    } finally {
      await other.close();
    }
  });

  it('admits exactly what fits while nothing is settled', async () => {
    const { institutionId } = await schoolWith(10);
    const tried = await Promise.all(
      Array.from({ length: 50 }, () => database.modelSpending.reserve({ institutionId, amount: 0.7, ...hold })),
    );
    expect(tried.filter((reservation) => reservation !== null)).toHaveLength(14);
    expect(await reserved(institutionId)).toMatchObject({ reserved: 9.8, open: 14 });
  });

  it('holds in its own currency alone, and refuses what has no price', async () => {
    const { institutionId } = await schoolWith(10, 'USD');
    const tryIn = (currency: string | null) => database.modelSpending.reserve({ institutionId, amount: 0, ...hold, currency });
    expect(await tryIn('USD')).not.toBeNull();
    expect(await tryIn('EUR')).toBeNull();
    expect(await tryIn(null)).toBeNull();
  });

  it('that is nothing lets nothing pass; none lets everything pass and is counted all the same', async () => {
    const poor = await schoolWith(0);
    expect(await database.modelSpending.reserve({ institutionId: poor.institutionId, amount: 0.000001, ...hold })).toBeNull();
    const { institutionId } = await schoolWith(null);
    const reservation = await database.modelSpending.reserve({ institutionId, amount: 1e6, ...hold, currency: null });
    if (!reservation) throw new Error('refused');
    await database.modelSpending.settle(reservation, used({ cost: 0.0000001 }));
    expect(await database.modelSpending.findSpent(institutionId)).toBe(0.000001);
  });

  it('that was lowered below what is spent refuses until it is raised', async () => {
    const { institutionId, admin } = await schoolWith(10);
    const reservation = await database.modelSpending.reserve({ institutionId, amount: 5, ...hold });
    if (!reservation) throw new Error('refused');
    await database.modelSpending.settle(reservation, used({ cost: 5 }));
    const raise = (amount: number) =>
      database.institutions.update(institutionId, { modelBudget: { amount, currency: 'EUR' } }, admin.userId);
    await raise(4);
    expect(await database.modelSpending.reserve({ institutionId, amount: 0.1, ...hold })).toBeNull();
    await raise(6);
    expect(await database.modelSpending.reserve({ institutionId, amount: 0.1, ...hold })).not.toBeNull();
  });
});

describe('a reservation', () => {
  it('of a dead process lapses, once, and a late end is counted all the same', async () => {
    const { institutionId } = await schoolWith(1);
    const lost = await database.modelSpending.reserve({ institutionId, amount: 1, currency: 'EUR', holdMs: 0 });
    if (!lost) throw new Error('refused');
    const again = await Promise.all(
      Array.from({ length: 10 }, () => database.modelSpending.reserve({ institutionId, amount: 0.6, ...hold })),
    );
    const [taken, ...more] = again.filter((reservation) => reservation !== null);
    expect(more).toEqual([]);
    expect(await reserved(institutionId)).toMatchObject({ reserved: 0.6, open: 1 });
    await database.modelSpending.settle(lost, used({ cost: 0.3 }));
    expect(await reserved(institutionId)).toMatchObject({ reserved: 0.6, spent: 0.3 });
    if (taken) await database.modelSpending.settle(taken, used({ cost: 0.6 }));
    expect(await reserved(institutionId)).toMatchObject({ reserved: 0, spent: 0.9, open: 0 });
  });
});

describe('usage', () => {
  it('is summed by submission, run and model; free calls leave no trace, unknown prices no cost', async () => {
    const { institutionId } = await schoolWith(null);
    const submissionId = randomUUID();
    const end = async (changes: object) => {
      const reservation = await database.modelSpending.reserve({ institutionId, amount: 1, ...hold });
      if (reservation) await database.modelSpending.settle(reservation, used({ submissionId, ...changes }));
    };
    await Promise.all(Array.from({ length: 8 }, () => end({})));
    await end({ run: 2, currency: null, cost: 0 });
    await end({ run: 3, calls: 0, cost: 0 });
    expect(await database.modelSpending.listUsage(submissionId)).toEqual([
      { submissionId, run: 2, model: 'm', calls: 1, promptTokens: 100, completionTokens: 10, cost: null, currency: null },
      { submissionId, run: 1, model: 'm', calls: 8, promptTokens: 800, completionTokens: 80, cost: 4, currency: 'EUR' },
    ]);
    expect(await database.modelSpending.findSpent(institutionId)).toBe(4);
  });
});

describe('decisions of models', () => {
  it('are found by their keys, stay as they were first, and go after half a year', async () => {
    const { modelDecisions } = database;
    await modelDecisions.save(
      new Map([
        ['a', { status: 'met' }],
        ['b', { status: 'notMet' }],
      ]),
    );
    await modelDecisions.save(new Map([['a', { status: 'unclear' }]]));
    await modelDecisions.save(new Map());
    expect([...(await modelDecisions.find(['a', 'b', 'c']))].sort()).toEqual([
      ['a', { status: 'met' }],
      ['b', { status: 'notMet' }],
    ]);
    await scratch.query(`UPDATE model_decision SET created_at = now() - interval '181 days'`);
    expect((await modelDecisions.find(['a', 'b'])).size).toBe(0);
    await modelDecisions.save(new Map([['a', { status: 'partial' }]]));
    expect([...(await modelDecisions.find(['a', 'b']))]).toEqual([['a', { status: 'partial' }]]);
    expect(await scratch.query('SELECT key FROM model_decision')).toEqual([{ key: 'a' }]);
  });
});

describe('an institution', () => {
  it('keeps what is not changed, and every change is on the record', async () => {
    const { institutionId, admin } = await schoolWith(2.5);
    const { institutions, audit } = database;
    expect(await institutions.update(institutionId, { name: 'Another' }, admin.userId)).toEqual({
      ...{ id: institutionId, name: 'Another', modelBudget: { amount: 2.5, currency: 'EUR' } },
    });
    expect(await institutions.update(institutionId, { modelBudget: null }, admin.userId)).toMatchObject({ modelBudget: null });
    expect(await institutions.find(institutionId)).toEqual({ id: institutionId, name: 'Another', modelBudget: null });
    const { items } = await audit.list({ institutionId, limit: 10 });
    expect(items.map(({ action, data }) => [action, data.modelBudget])).toEqual([
      ['institution.changed', null],
      ['institution.changed', { amount: 2.5, currency: 'EUR' }],
      ['institution.changed', { amount: 2.5, currency: 'EUR' }],
    ]);
    await expect(institutions.update(randomUUID(), { name: 'x' }, admin.userId)).rejects.toMatchObject({ code: 'INSTITUTION_NOT_FOUND' });
  });
});

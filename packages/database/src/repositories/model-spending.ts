import { Prisma, type PrismaClient } from '../generated/client.ts';

/** Money that is set aside for one request; `month` is the one that it is counted in. */
export interface ModelReservation {
  id: string;
  institutionId: string;
  month: Date;
}

/** What a model was asked for one run of one submission. */
export interface ModelUsage {
  submissionId: string;
  run: number;
  model: string;
  /** Requests that were answered, or may have been. */
  calls: number;
  promptTokens: number;
  completionTokens: number;
  /** Null: the prices were not known. */
  cost: number | null;
  currency: string | null;
}

export interface ModelSpendingRepository {
  /**
   * Sets `amount` aside in this month, UTC; null when the institution's cap leaves no room, or is in another currency (`currency` null: prices are not known, so no cap can be kept). One statement under the
   * row's lock: parallel calls never exceed the cap. A reservation that nobody settles lapses after `holdMs`, which must be longer than a request can take.
   */
  reserve(input: { institutionId: string; amount: number; currency: string | null; holdMs: number }): Promise<ModelReservation | null>;
  /** Takes a reservation back and counts what it came to, for the institution's month and for the submission's run, in one statement; also when it has lapsed meanwhile. */
  settle(reservation: ModelReservation, used: Omit<ModelUsage, 'cost'> & { cost: number }): Promise<void>;
  /** Of all runs, the newest first. */
  listUsage(submissionId: string): Promise<ModelUsage[]>;
  /** What this month's calls have cost so far. */
  findSpent(institutionId: string): Promise<number>;
}

const thisMonth = Prisma.sql`date_trunc('month', now() AT TIME ZONE 'UTC')::date`;

export function createModelSpendingRepository(prisma: PrismaClient): ModelSpendingRepository {
  return {
    async reserve(input) {
      // A dead process's money is looked for only when there is none left.
      return (await tryReserve(prisma, input)) ?? ((await releaseLapsed(prisma, input.institutionId)) ? tryReserve(prisma, input) : null);
    },

    async settle({ id, institutionId, month }, { submissionId, run, model, calls, promptTokens, completionTokens, cost, currency }) {
      await prisma.$executeRaw`
        WITH gone AS (DELETE FROM model_reservation WHERE id = ${id}::uuid RETURNING amount), counted AS (
          UPDATE model_spend SET reserved = reserved - coalesce((SELECT amount FROM gone), 0), spent = spent + ${money(cost)}
          WHERE institution_id = ${institutionId}::uuid AND month = ${month}::date)
        INSERT INTO model_usage AS usage (submission_id, run, institution_id, model, calls, prompt_tokens, completion_tokens, cost, currency)
        SELECT ${submissionId}::uuid, ${run}::int, ${institutionId}::uuid, ${model}, ${calls}::int, ${promptTokens}::int, ${completionTokens}::int, ${money(cost)}, ${currency}
        WHERE ${calls}::int > 0
        ON CONFLICT (submission_id, run, model) DO UPDATE SET calls = usage.calls + EXCLUDED.calls, prompt_tokens = usage.prompt_tokens + EXCLUDED.prompt_tokens,
          completion_tokens = usage.completion_tokens + EXCLUDED.completion_tokens, cost = usage.cost + EXCLUDED.cost, currency = EXCLUDED.currency, updated_at = now()`;
    },

    async listUsage(submissionId) {
      const rows = await prisma.modelUsage.findMany({ where: { submissionId }, orderBy: [{ run: 'desc' }, { model: 'asc' }] });
      return rows.map(({ run, model, calls, promptTokens, completionTokens, cost, currency }) => ({
        ...{ submissionId, run, model, calls, promptTokens, completionTokens, currency },
        cost: currency === null ? null : cost.toNumber(),
      }));
    },

    async findSpent(institutionId) {
      const [row] = await prisma.$queryRaw<Array<{ spent: number }>>`
        SELECT spent::float8 AS spent FROM model_spend WHERE institution_id = ${institutionId}::uuid AND month = ${thisMonth}`;
      return row?.spent ?? 0;
    },
  };
}

type Wanted = Parameters<ModelSpendingRepository['reserve']>[0];

async function tryReserve(prisma: PrismaClient, { institutionId, amount, currency, holdMs }: Wanted): Promise<ModelReservation | null> {
  const [row] = await prisma.$queryRaw<Array<{ id: string; month: Date }>>`
    WITH cap AS (
      SELECT model_budget AS amount FROM institution
      WHERE id = ${institutionId}::uuid AND (model_budget IS NULL OR model_budget_currency = ${currency})
    ), taken AS (
      INSERT INTO model_spend AS spend (institution_id, month, reserved)
      SELECT ${institutionId}::uuid, ${thisMonth}, ${money(amount)} FROM cap WHERE cap.amount IS NULL OR ${money(amount)} <= cap.amount
      ON CONFLICT (institution_id, month) DO UPDATE SET reserved = spend.reserved + EXCLUDED.reserved
        WHERE (SELECT amount FROM cap) IS NULL OR spend.spent + spend.reserved + EXCLUDED.reserved <= (SELECT amount FROM cap)
      RETURNING month
    )
    INSERT INTO model_reservation (id, institution_id, month, amount, expires_at)
    SELECT gen_random_uuid(), ${institutionId}::uuid, month, ${money(amount)}, now() + ${holdMs}::int * interval '1 millisecond' FROM taken
    RETURNING id, month`;
  return row ? { ...row, institutionId } : null;
}

/** True when something came free. Each lapsed reservation is taken back by one caller only. */
async function releaseLapsed(prisma: PrismaClient, institutionId: string): Promise<boolean> {
  const months = await prisma.$executeRaw`
    WITH lapsed AS (
      DELETE FROM model_reservation WHERE id IN (
        SELECT id FROM model_reservation WHERE institution_id = ${institutionId}::uuid AND expires_at <= now() ORDER BY id FOR UPDATE SKIP LOCKED)
      RETURNING month, amount
    ), sums AS (SELECT month, sum(amount) AS amount FROM lapsed GROUP BY month)
    UPDATE model_spend AS spend SET reserved = spend.reserved - sums.amount FROM sums
    WHERE spend.institution_id = ${institutionId}::uuid AND spend.month = sums.month`;
  return months > 0;
}

/** Millionths, always rounded up: many small calls must not pass below the cap. */
function money(amount: number): Prisma.Sql {
  return Prisma.sql`${(Math.ceil(amount * 1e6 - 1e-6) / 1e6).toFixed(6)}::numeric`;
}

import type { Database, Submission } from '@gradeflow/database';
import { type CallEnd, type CallMeter, ModelError, type TokenUsage } from '@gradeflow/model-client';
import type { ModelMetrics } from './model-metrics.ts';
import { costOf, type ModelPrices } from './model-prices.ts';

export interface MeterDeps {
  database: Pick<Database, 'modelSpending' | 'institutions'>;
  model: string;
  prices: ModelPrices | null;
  metrics: ModelMetrics;
}

/** Longer than any request; after it the money of a dead process is free again. */
const holdMs = 300_000;

/**
 * Sets aside what a request can cost at most before it is sent, and counts what it came to for the institution's month and the submission's run. Refused requests: ModelError `budget-reached`; under a cap that cannot be
 * kept `price-unknown` or `budget-currency`. What broke off counts as all that was set aside. Throws UnavailableError while Postgres is away: then nothing is sent.
 */
export function createModelMeter(deps: MeterDeps, { id: submissionId, institutionId, run }: Submission): CallMeter {
  const { database, model, prices, metrics } = deps;
  const currency = prices?.currency ?? null;
  const priceOf = (usage: TokenUsage) => (prices ? costOf(prices, usage) : 0);
  return {
    reserve: async (most) => {
      const reservation = await database.modelSpending.reserve({ institutionId, amount: priceOf(most), currency, holdMs });
      if (!reservation) {
        metrics.call(model, 'refused');
        throw new ModelError(await refusalOf(deps, institutionId));
      }
      return async (end) => {
        const usage = usageOf(end);
        const cost = end.kind === 'unknown' ? priceOf(most) : priceOf(usage);
        metrics.call(model, end.kind);
        metrics.used(model, { ...usage, cost, currency });
        const calls = end.kind === 'free' ? 0 : 1;
        await database.modelSpending.settle(reservation, { submissionId, run, model, calls, ...usage, cost, currency });
      };
    },
  };
}

function usageOf(end: CallEnd): TokenUsage {
  return end.kind === 'answered' ? end.usage : { promptTokens: 0, completionTokens: 0 };
}

async function refusalOf({ database, prices }: MeterDeps, institutionId: string): Promise<string> {
  if (!prices) return 'price-unknown';
  const budget = (await database.institutions.find(institutionId))?.modelBudget;
  return budget && budget.currency !== prices.currency ? 'budget-currency' : 'budget-reached';
}

import type { AskObserver, AskOutcome } from '@gradeflow/redis';
import { Counter, type Registry } from '@gradeflow/telemetry';

/** Who asks the cache Redis: limits and ended sessions of every request, cached answers, what lives in Redis alone, codes and reset tokens. */
export type RedisUse = 'request' | 'cache' | 'live' | 'secrets';

/**
 * Questions to the cache Redis by use and outcome, and the seconds that were waited for it. `silent` ones are what an outage costs: each has waited for
 * its deadline; `away` and `resting` ones were not sent. The same registry gives the same counters.
 */
export function redisMetrics(registry: Registry): (use: RedisUse) => AskObserver {
  const asks = counterOf(registry, {
    name: 'redis_asks_total',
    help: 'Questions to the cache Redis: answered, silent (sent in vain), away or resting (not sent).',
    labelNames: ['use', 'outcome'],
  });
  const waited = counterOf(registry, {
    name: 'redis_wait_seconds_total',
    help: 'Seconds waited for the cache Redis, by how the question ended.',
    labelNames: ['use', 'outcome'],
  });
  return (use) => (outcome: AskOutcome, waitedMs: number) => {
    asks.inc({ use, outcome });
    waited.inc({ use, outcome }, waitedMs / 1_000);
  };
}

function counterOf(
  registry: Registry,
  options: { name: string; help: string; labelNames: Array<'use' | 'outcome'> },
): Counter<'use' | 'outcome'> {
  const known = registry.getSingleMetric(options.name) as Counter<'use' | 'outcome'> | undefined;
  return known ?? new Counter({ ...options, registers: [registry] });
}

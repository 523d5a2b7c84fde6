import type { Registry } from '@gradeflow/telemetry';
import type { TestGateway } from '../start-test-gateway.ts';

/** Longest wait of one question, by who asks: as services.ts and the packages set them. */
const deadlinesMs: Record<string, number> = { request: 50, cache: 150, live: 300, secrets: 300 };

/** Questions to the cache Redis so far, by use and outcome (`request silent`). */
export async function countAsks({ metrics }: { metrics: Registry }): Promise<Map<string, number>> {
  const found = await metrics.getSingleMetric('redis_asks_total')?.get();
  return new Map((found?.values ?? []).map(({ labels, value }) => [`${labels.use} ${labels.outcome}`, value]));
}

/** What was asked while `work` ran. */
export async function asksDuring<T>({ services }: TestGateway, work: () => Promise<T>): Promise<{ result: T; asks: Map<string, number> }> {
  const before = await countAsks(services);
  const result = await work();
  const after = await countAsks(services);
  const asks = new Map(
    [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const).filter(([, count]) => count > 0),
  );
  return { result, asks };
}

/** Longest that these questions may have waited in vain, by their deadlines: what a loaded machine adds is not Redis' doing. */
export function vainWaitMs(asks: Map<string, number>): number {
  let sum = 0;
  for (const [name, count] of asks) {
    const [use = '', outcome] = name.split(' ');
    if (outcome === 'silent') sum += count * (deadlinesMs[use] ?? Number.POSITIVE_INFINITY);
  }
  return sum;
}

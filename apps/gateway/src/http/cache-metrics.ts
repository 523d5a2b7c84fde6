import { Counter, type Registry } from '@gradeflow/telemetry';

/** Cached reads by declared route and outcome: `HIT`, `MISS`, `STALE`, `BYPASS`. */
export function cacheMetrics(registry: Registry): (route: string, outcome: string) => void {
  const reads = new Counter({
    name: 'cache_reads_total',
    help: 'Reads of cached routes, by how the answer was found.',
    labelNames: ['route', 'outcome'],
    registers: [registry],
  });
  return (route, outcome) => reads.inc({ route, outcome });
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { type MetricsServer, serveMetrics } from './serve-metrics.ts';
export { Counter, Gauge, Histogram, Registry };

/** A registry with the process's own figures (memory, event loop, CPU), prefixed with nothing: Prometheus names. */
export function createRegistry(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}

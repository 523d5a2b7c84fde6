import { Histogram, type Registry } from '@gradeflow/telemetry';
import type { RequestHandler } from 'express';

const name = 'http_request_duration_seconds';

/** The histogram of all requests of this process. */
export function requestSeconds(registry: Registry): Histogram<'method' | 'route' | 'status'> {
  const known = registry.getSingleMetric(name);
  if (known) return known as Histogram<'method' | 'route' | 'status'>;
  return new Histogram({
    name,
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [registry],
  });
}

/** Seconds by method, declared route and status; the label is the route's pattern, never the address, so that ids make no series. */
export function httpMetrics(registry: Registry): RequestHandler {
  const seconds = requestSeconds(registry);
  return (req, res, next) => {
    const stop = seconds.startTimer({ method: req.method });
    res.once('close', () => {
      const path: unknown = req.route?.path;
      stop({ route: typeof path === 'string' ? `${req.baseUrl}${path}` : 'unmatched', status: String(res.statusCode) });
    });
    next();
  };
}

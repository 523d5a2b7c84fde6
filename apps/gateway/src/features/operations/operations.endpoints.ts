import { timingSafeEqual } from 'node:crypto';
import { HealthAnswer, ReadyAnswer } from '@gradeflow/contracts';
import { UnauthorizedError } from '@gradeflow/errors';
import { bearerOf } from '../../http/authenticate.ts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const tag = 'Operations';

const health = defineEndpoint({
  method: 'get',
  path: '/healthz',
  tag,
  summary: 'Whether this process lives; asks nobody else',
  auth: 'public',
  rateLimit: 'none',
  response: { status: 200, schema: HealthAnswer, description: 'It lives' },
  handle: async () => ({ body: { status: 'ok' as const, uptimeSeconds: Math.round(process.uptime()) } }),
});

const ready = defineEndpoint({
  method: 'get',
  path: '/readyz',
  tag,
  summary: 'Whether an upload would be accepted (200, else 503), and whether it would be graded now (`ok`, else `degraded`)',
  auth: 'public',
  rateLimit: 'none',
  response: { status: 200, schema: ReadyAnswer, description: 'An upload would be accepted; 503 has the same form' },
  handle: async ({ services, res }) => {
    const body = await services.readiness.check();
    return {
      body,
      send: async () => {
        res.status(body.status === 'down' ? 503 : 200).json(body);
      },
    };
  },
});

/** Same length first: timingSafeEqual wants it, and the length is no secret worth keeping. */
function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const metrics = defineEndpoint({
  method: 'get',
  path: '/metrics',
  tag,
  summary: 'Figures for Prometheus; with METRICS_TOKEN set they want it as bearer token',
  auth: 'public',
  rateLimit: 'none',
  response: { status: 200, description: 'Prometheus text format', contentType: 'text/plain' },
  problems: ['401 UNAUTHORIZED'],
  handle: async ({ services, req, res }) => {
    if (services.metricsToken !== null && !sameText(bearerOf(req) ?? '', services.metricsToken))
      throw new UnauthorizedError({ detail: 'The metrics want Bearer METRICS_TOKEN.' });
    const text = await services.metrics.metrics();
    return {
      send: async () => {
        res.type(services.metrics.contentType).send(text);
      },
    };
  },
});

export const operationsEndpoints = [health, ready, metrics];

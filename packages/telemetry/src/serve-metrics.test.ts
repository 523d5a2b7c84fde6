import { expect, it } from '@jest/globals';
import { createRegistry, Gauge, serveMetrics } from './index.ts';

it('serves figures, and health as it is now', async () => {
  const registry = createRegistry('worker-test');
  new Gauge({ name: 'gradeflow_pages', help: 'pages', registers: [registry] }).set(3);
  let healthy = true;
  const server = await serveMetrics({ registry, port: 0, host: '127.0.0.1', healthy: () => healthy });
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  try {
    expect(await (await get('/metrics')).text()).toMatch(/gradeflow_pages\{process="worker-test"\} 3/);
    expect((await get('/healthz')).status).toBe(200);
    healthy = false;
    expect((await get('/healthz')).status).toBe(503);
    expect((await get('/other')).status).toBe(404);
  } finally {
    await server.close();
  }
  await expect(get('/healthz')).rejects.toThrow();
});

import { createRegistry } from '@gradeflow/telemetry';
import { expect, it } from '@jest/globals';
import { createPageMetrics } from './page-metrics.ts';

it('counts pages by engine without its version, and by what became of them', async () => {
  const registry = createRegistry('worker-test');
  const metrics = createPageMetrics(registry);
  const engine = 'tesseract.js 7.0.0 eng fast';
  metrics.page({ engine, doubts: [] });
  metrics.page({ engine, doubts: [] });
  metrics.page({ engine, doubts: ['HANDWRITING'] });
  metrics.page({ engine, doubts: [] }, true);
  metrics.page({ engine: 'blank', doubts: [] });
  metrics.page({ engine: 'unreadable', doubts: [] });
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('gradeflow_pages_read_total{'));
  expect(
    lines.map((line) => [/engine="([^"]+)"/.exec(line)?.[1], /outcome="([^"]+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]),
  ).toEqual([
    ['tesseract.js', 'read', 2],
    ['tesseract.js', 'doubtful', 1],
    ['tesseract.js', 'known', 1],
    ['blank', 'blank', 1],
    ['unreadable', 'unreadable', 1],
  ]);
});

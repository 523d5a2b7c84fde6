import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { routes } from '../routes.ts';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import { buildDocument } from './build-document.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

it('the committed document is the one of the routes (else run src/openapi/write-openapi.ts)', async () => {
  const committed = JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'));
  expect(JSON.parse(JSON.stringify(buildDocument(routes)))).toEqual(committed);
});

it('/openapi.json has every route once, under an id of its own', async () => {
  const { body } = await request(gateway.app).get('/openapi.json');
  expect(body.openapi).toMatch(/^3\.1/);
  const operations = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
    Object.values(path),
  );
  expect(operations).toHaveLength(routes.length);
  expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(routes.length);
});

it('/docs loads nothing from elsewhere and no script of its page', async () => {
  const page = await request(gateway.app).get('/docs/');
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  expect(page.text).not.toMatch(/<script>|(src|href)="https?:/);
  const init = await request(gateway.app).get('/docs/swagger-ui-init.js');
  expect(init.text).toContain('/openapi.json');
  expect((await request(gateway.app).get('/docs/swagger-ui-bundle.js')).status).toBe(200);
});

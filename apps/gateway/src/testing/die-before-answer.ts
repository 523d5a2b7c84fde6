import request, { type Response } from 'supertest';
import { createApp } from '../app.ts';
import { createServices } from '../services.ts';
import { openTestPorts } from './start-test-gateway.ts';

/** A call with an `Idempotency-Key`, as another process is to make it. */
export interface KeyedRequest {
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/**
 * A gateway that answers nothing: it does what these calls ask, one after another, and is killed when the last one's answer would be kept. Each call has had
 * its effect then, and nobody knows of it. `node die-before-answer.ts '{places, calls}'` (as `openTestPorts` takes the places); a call that is refused ends it with 1.
 */
const { places, calls } = JSON.parse(process.argv[2] ?? '{}') as {
  places: Parameters<typeof openTestPorts>[0];
  calls: KeyedRequest[];
};
const { ports, settings } = openTestPorts(places);
let effective = () => {};
ports.database.idempotencyKeys.answer = () => {
  effective();
  return new Promise(() => {});
};
const app = createApp(ports, createServices(ports, settings), { checkResponses: true, trustProxy: false });

for (const { path, headers, body } of calls) {
  const hadEffect = new Promise<null>((resolve) => {
    effective = () => resolve(null);
  });
  const asked: Promise<Response> = request(app)
    .post(path)
    .set(headers)
    .send(body as object)
    .then((answer) => answer);
  const refusal = await Promise.race([hadEffect, asked]);
  if (refusal === null) continue;
  process.stderr.write(`POST ${path} answered ${refusal.status}: ${refusal.text}\n`);
  process.exit(1);
}
process.kill(process.pid, 'SIGKILL');

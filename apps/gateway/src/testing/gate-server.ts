/**
 * What every request passes, on its own: `/open` answers `{ok: true}`, `/gated` does so to whoever is signed in and within the limits, as the gateway judges it.
 * `node gate-server.ts <address of a cache Redis>` prints `{port, tokens}`: fifty people's.
 */
import type { AddressInfo } from 'node:net';
import { UnauthorizedError } from '@gradeflow/errors';
import { connectFast, createAskRedis, createPresence, createRateLimiter, createRedisGuard } from '@gradeflow/redis';
import express from 'express';
import { uuidv7 } from 'uuidv7';
import { createAccessTokens } from '../auth/access-token.ts';
import { createLastSeen } from '../auth/last-seen.ts';
import { createRevocations } from '../auth/revocations.ts';
import { createAuthenticate } from '../http/authenticate.ts';
import { createRateLimits } from '../http/rate-limits.ts';

const redis = connectFast(process.argv[2] ?? '', { name: 'gate-server' });
const guard = createRedisGuard(redis, { deadlineMs: 50 });
const tokens = createAccessTokens({ secret: uuidv7() });
const budget = { points: 100_000_000, seconds: 60 };
const limits = createRateLimits(createRateLimiter<'api'>({ redis, guard, budgets: { api: budget } }));
const authenticate = createAuthenticate({
  tokens,
  apiKeys: { verify: () => Promise.reject(new UnauthorizedError({ detail: 'There are no keys here.' })) },
  revocations: createRevocations(guard, () => {}),
  lastSeen: createLastSeen(() => {}),
  presence: createPresence(createAskRedis(redis)),
});

const app = express();
app.get('/open', (_req, res) => void res.json({ ok: true }));
app.get('/gated', async (req, res) => {
  const { userId } = await authenticate(req, { readCookie: false });
  await limits.draw(res, [{ name: 'api', key: userId }]);
  res.json({ ok: true });
});
const person = () => tokens.sign('access', { userId: uuidv7(), institutionId: uuidv7(), role: 'TEACHER' }, uuidv7());
const signed = await Promise.all(Array.from({ length: 50 }, person));
const server = app.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port, tokens: signed })}\n`),
);

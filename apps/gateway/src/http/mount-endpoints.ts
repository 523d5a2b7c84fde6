import { isDeepStrictEqual } from 'node:util';
import { AppError, ForbiddenError, UnauthorizedError } from '@gradeflow/errors';
import { Router as createRouter, type Express, type Request, type Response, type Router } from 'express';
import { uuidv7 } from 'uuidv7';
import type { Session } from '../auth/access-token.ts';
import type { Services } from '../services.ts';
import type { Authenticate } from './authenticate.ts';
import type { Answer, AuthLevel, Endpoint, RequestContext } from './define-endpoint.ts';
import { idempotencyOf } from './idempotency.ts';
import { parseInput, parseParams } from './parse.ts';
import { addressBlock, drawsOf } from './rate-limits.ts';
import { readJson } from './read-json.ts';
import { logOf, requestIdOf } from './request-context.ts';
import { sendCached } from './send-cached.ts';
import { isKnown } from './send-file.ts';

const defaultMaxBodyBytes = 1_000_000;

export interface MountDeps {
  services: Services;
  authenticate: Authenticate;
  /** Compare every answer with its schema (tests and development). */
  checkResponses: boolean;
}

/** Mounts the table. A path that is there with another method answers 405 with `Allow`. */
export function mountEndpoints(app: Express, endpoints: readonly Endpoint[], deps: MountDeps): void {
  const routers = new Map<string, Router>();
  for (const [resource, own] of Map.groupBy(endpoints, ({ path }) => resourceOf(path))) routers.set(resource, routerOf(own, deps));
  app.use((req, res, next) => {
    const router = routers.get(resourceOf(req.path));
    if (router) router(req, res, next);
    else next();
  });
}

/** Paths of different resources never match the same address. A router tries one path after the other, so that each resource having its own keeps that short. */
function resourceOf(path: string): string {
  return /^\/v1\/[^/]+|^\/[^/]*/i.exec(path)?.[0].toLowerCase() ?? '';
}

function routerOf(endpoints: readonly Endpoint[], deps: MountDeps): Router {
  const router = createRouter();
  for (const endpoint of endpoints) router[endpoint.method](endpoint.path, (req, res) => serve(endpoint, req, res, deps));
  for (const [path, methods] of Map.groupBy(endpoints, (endpoint) => endpoint.path))
    router.all(path, (_req, res) => {
      const allow = methods.map((endpoint) => endpoint.method.toUpperCase());
      if (allow.includes('GET')) allow.push('HEAD');
      res.set('Allow', allow.join(', '));
      throw new AppError({ code: 'METHOD_NOT_ALLOWED', status: 405, retryable: false, detail: `This address takes ${allow.join(', ')}.` });
    });
  return router;
}

/** The life of a request: who → not too often → may they at all → what is it about and may they have it → is the input right → do it → send. */
async function serve(endpoint: Endpoint, req: Request, res: Response, deps: MountDeps): Promise<void> {
  const { rateLimits } = deps.services;
  const actor = endpoint.auth === 'public' ? null : await identify(endpoint, req, res, deps);
  // Whose account a body is about is known once it is read.
  const limitedByBody = endpoint.limitedAccount !== undefined;
  if (!limitedByBody) await rateLimits.draw(res, drawsOf(endpoint, { actor, req, body: undefined }));
  requireRole(endpoint.auth, actor);
  const params = endpoint.params && parseParams(endpoint.params, req.params);
  const context = { services: deps.services, req, res, requestId: requestIdOf(res), actor, params };
  const subject = await endpoint.load?.(context);
  const query = endpoint.query && parseInput(endpoint.query, req.query, 'query');
  const body = endpoint.body && parseInput(endpoint.body, await readBody(endpoint, req, res), 'body');
  if (limitedByBody) await rateLimits.draw(res, drawsOf(endpoint, { actor, req, body }));
  const handle = async (createId: string) => {
    const made = await endpoint.handle({ ...context, query, body, subject, createId });
    if (deps.checkResponses) checkAnswer(endpoint, made);
    return made;
  };
  if (endpoint.cache && actor) {
    const tags = endpoint.cache.tags({ actor, params });
    const load = async () => JSON.stringify((await handle(uuidv7())).body);
    const outcome = await sendCached(deps.services.cache, { endpoint, actor, params, query, tags }, load, req, res);
    return deps.services.countCacheRead(endpoint.path, outcome);
  }
  const answer = await handleOnce(endpoint, { ...context, query, body }, handle);
  await send(endpoint, answer, req, res);
  if (answer.after) runAfter(answer.after, req, deps);
}

function readBody(endpoint: Endpoint, req: Request, res: Response): Promise<unknown> {
  return endpoint.readBody ? endpoint.readBody(req, res) : readJson(req, res, endpoint.maxBodyBytes ?? defaultMaxBodyBytes);
}

/** Under an `Idempotency-Key` the work is done once; a file or a page is never kept. */
async function handleOnce(
  endpoint: Endpoint,
  { services, req, actor, query, body }: RequestContext & { actor: Session | null; query: unknown; body: unknown },
  handle: (createId: string) => Promise<Answer<unknown>>,
): Promise<Answer<unknown>> {
  const keyed = endpoint.method === 'post' && actor !== null && !endpoint.ownIdempotency ? idempotencyOf(req) : null;
  if (keyed === null || actor === null) return handle(uuidv7());
  let own: Answer<unknown> | null = null;
  const kept = await services.idempotency.once(
    { scope: [actor.userId, keyed.scope, keyed.key], body: [query ?? null, body ?? null] },
    async (createId) => {
      own = await handle(createId);
      return own.send ? null : { body: withoutSecrets(own.body, endpoint.onceShown ?? []), headers: own.headers ?? {} };
    },
  );
  return own ?? kept ?? {};
}

function withoutSecrets(body: unknown, names: readonly string[]): unknown {
  if (names.length === 0 || body === null || typeof body !== 'object') return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

/** Whoever tries tokens is counted by address. */
async function identify(endpoint: Endpoint, req: Request, res: Response, { authenticate, services }: MountDeps): Promise<Session> {
  try {
    return await authenticate(req, { readCookie: endpoint.readCookie === true });
  } catch (error) {
    if (error instanceof UnauthorizedError) await services.rateLimits.draw(res, [{ name: 'api', key: addressBlock(req.ip) }]);
    throw error;
  }
}

/** Whether the role of whoever asks is one of those that an endpoint is for. */
export function hasRole(auth: AuthLevel, actor: Session | null): boolean {
  if (auth === 'public') return true;
  return actor !== null && (auth === 'user' || actor.role === 'ADMIN' || (auth === 'teacher' && actor.role === 'TEACHER'));
}

function requireRole(auth: AuthLevel, actor: Session | null): void {
  if (!hasRole(auth, actor)) throw new ForbiddenError({ detail: 'Your role does not allow this.' });
}

/** A column that a presenter lets slip, or a field that it forgets, fails here instead of reaching a client. */
function checkAnswer(endpoint: Endpoint, answer: Answer<unknown>): void {
  const { schema } = endpoint.response;
  if (!schema || answer.send) return;
  const sent: unknown = JSON.parse(JSON.stringify(answer.body ?? null));
  const parsed = schema.safeParse(sent);
  const where = `${endpoint.method} ${endpoint.path}`;
  if (!parsed.success) throw new Error(`answer of ${where} is not as declared: ${parsed.error.message}`);
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(parsed.data)), sent)) throw new Error(`answer of ${where} has undeclared fields`);
}

async function send(endpoint: Endpoint, answer: Answer<unknown>, req: Request, res: Response): Promise<void> {
  res.status(endpoint.response.status);
  if (!res.hasHeader('Cache-Control')) res.set('Cache-Control', 'no-store');
  if (answer.headers) res.set(answer.headers);
  if (answer.etag !== undefined) {
    // Its owner may keep it and ask again each time; nobody between may keep it.
    res.set({ ETag: answer.etag, 'Cache-Control': 'private, no-cache' });
    if (isKnown(req, answer.etag)) return void res.status(304).end();
  }
  if (answer.send) return answer.send(req, res);
  if (endpoint.response.status === 204) res.end();
  else res.json(answer.body);
}

function runAfter(after: () => Promise<void>, req: Request, deps: MountDeps): void {
  deps.services.background.run(after, (error) => {
    const code = error instanceof AppError ? error.code : 'INTERNAL';
    logOf(req).warn(
      { code, detail: error instanceof Error ? error.message : String(error) },
      'work after the answer failed; the reconciler does it',
    );
  });
}

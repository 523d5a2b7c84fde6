import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { PageQuery, RetryStuckBody } from '@gradeflow/contracts';
import { AppError, UnavailableError } from '@gradeflow/errors';
import type { BoardQueues } from '@gradeflow/queue';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { setReadCookie } from '../../http/cookies.ts';
import { requireOwnOrigin } from '../../http/own-origin.ts';
import { parseInput } from '../../http/parse.ts';
import { accountDraw, addressBlock } from '../../http/rate-limits.ts';
import type { Services } from '../../services.ts';
import { originOf } from '../auth/token-answer.ts';
import { adminPageHeaders } from './admin-page.ts';
import { loginPage, loginPagePolicy } from './login-page.ts';
import { operatorOf, requireOperator } from './require-operator.ts';
import { operatorsPage, stuckPage } from './stuck-page.ts';

const boardPath = '/admin/queues';
/** One box that is ticked comes as text, several as a list. */
const RetryForm = z.object({ ids: z.preprocess((ids) => (typeof ids === 'string' ? [ids] : ids), RetryStuckBody.shape.ids) });
const LoginForm = z.object({ email: z.string().min(1).max(320), password: z.string().min(1).max(1024) });
/** The board links a font elsewhere; it is refused here and the page uses the system's. */
const boardPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'self'";

/** Pages for operators: the sign-in form, what stands still, and Bull Board, which looks and does nothing. */
export function mountAdmin(app: Express, services: Services, boardQueues: BoardQueues): void {
  app.get('/admin/login', (_req, res) => sendLogin(res, 200, null));
  app.post('/admin/login', express.urlencoded({ extended: false, limit: 10_000 }), (req, res) => signIn(req, res, services));
  const operator = requireOperator(services);
  app.use(boardPath, operator, lookOnly, queuesThere(boardQueues), boardRouter(boardQueues));
  app.get('/admin', operator, (_req, res) => sendPage(res, operatorsPage()));
  app.get('/admin/stuck', operator, (req, res) => showStuck(req, res, services));
  const form = express.urlencoded({ extended: false, limit: 20_000 });
  app.post('/admin/stuck/retry', operator, form, (req, res) => retryStuck(req, res, services));
}

function sendLogin(res: Response, status: number, problem: string | null): void {
  res.status(status).set({ 'Content-Security-Policy': loginPagePolicy, 'Cache-Control': 'no-store' }).type('html').send(loginPage(problem));
}

async function signIn(req: Request, res: Response, services: Services): Promise<void> {
  requireOwnOrigin(req, services.publicUrl);
  const form = LoginForm.safeParse(req.body);
  if (!form.success) return sendLogin(res, 400, 'Fill in both fields.');
  try {
    const account = accountDraw('login', form.data.email);
    await services.rateLimits.draw(res, [account, { name: 'login-address', key: addressBlock(req.ip) }]);
    const signedIn = await services.auth.login({ ...form.data, ...originOf(req) });
    await services.rateLimits.forget(account);
    await services.operators.require({ userId: signedIn.user.id, institutionId: signedIn.user.institutionId, role: signedIn.user.role });
    setReadCookie(res, signedIn.readToken, signedIn.expiresIn);
    res.redirect(303, boardPath);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds));
    sendLogin(res, error.status, error.message);
  }
}

/** The board looks and does nothing: Bull Board would refuse a write by itself, but not as a problem. */
const lookOnly: RequestHandler = (req, res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.set('Allow', 'GET, HEAD');
    throw new AppError({ code: 'READ_ONLY', status: 405, retryable: false, detail: 'The queues can only be looked at here.' });
  }
  res.set({ 'Content-Security-Policy': boardPolicy, 'Cache-Control': 'no-store' });
  next();
};

async function showStuck(req: Request, res: Response, services: Services): Promise<void> {
  const query = parseInput(PageQuery, req.query, 'query');
  const [list, overview] = await Promise.all([services.stuck.list(query), services.operations.overview()]);
  sendPage(res, stuckPage(list, overview));
}

async function retryStuck(req: Request, res: Response, services: Services): Promise<void> {
  const form = RetryForm.safeParse(req.body);
  const outcomes = form.success ? await services.retryStuck(operatorOf(res), form.data.ids, uuidv7()) : [];
  const [list, overview] = await Promise.all([services.stuck.list({ limit: 25 }), services.operations.overview()]);
  sendPage(res, stuckPage(list, overview, outcomes));
}

function sendPage(res: Response, page: string): void {
  res.set(adminPageHeaders).type('html').send(page);
}

function queuesThere(boardQueues: BoardQueues): RequestHandler {
  return (_req, _res, next) => {
    if (!boardQueues.isReady())
      throw new UnavailableError({ code: 'QUEUE_UNAVAILABLE', detail: 'The queue does not answer at the moment.' });
    next();
  };
}

/** Payloads are ids by contract; whatever else a job may carry (a stack, a result) is cut to what an operator needs. */
function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 20).map(redact);
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' && value.length > 64 ? `[${value.length} characters]` : value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redact(part)]));
}

function boardRouter(boardQueues: BoardQueues): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(boardPath);
  const adapters = boardQueues.queues.map((queue) => {
    const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
    adapter.setFormatter('data', redact);
    adapter.setFormatter('returnValue', redact);
    return adapter;
  });
  createBullBoard({ queues: adapters, serverAdapter });
  // An application of its own, which does not inherit what ours was told.
  return serverAdapter.getRouter().disable('x-powered-by');
}

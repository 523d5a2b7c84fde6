import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@gradeflow/errors';
import type { Cache } from '@gradeflow/redis';
import type { Request, Response } from 'express';
import type { Session } from '../auth/access-token.ts';
import type { Endpoint } from './define-endpoint.ts';
import { isKnown } from './send-file.ts';

/** While what an answer is made of can not be read, the last one may stand in for so long. */
const staleMs = 600_000;

interface Call {
  endpoint: Endpoint;
  actor: Session;
  params: unknown;
  query: unknown;
  tags: string[];
}

/**
 * Sends a cached answer, or what `load` gives, with `X-Cache` and `ETag`; 304 to whoever has it. The caller has been authorised: what is kept is found again by
 * institution and role, and by person where the endpoint says so.
 */
export async function sendCached(cache: Cache, call: Call, load: () => Promise<string>, req: Request, res: Response): Promise<string> {
  const { endpoint, tags } = call;
  const ttlMs = (endpoint.cache?.ttlSeconds ?? 0) * 1_000;
  const { body, etag, outcome } = await cache.read({ key: keyOf(call), tags, ttlMs, staleMs }, load);
  sendAnswer(endpoint, { body, etag, outcome }, req, res);
  return outcome;
}

/** 304 to whoever has it. All headers that are not on `res` yet come as `others`: given at once they cost half of what they do one by one. */
export function sendAnswer(
  endpoint: Endpoint,
  { body, etag, outcome }: { body: string; etag: string; outcome: string },
  req: IncomingMessage,
  res: ServerResponse,
  others: Record<string, string | number> = {},
): void {
  // Browsers may keep it and ask again each time; nobody between may keep it.
  const headers = { ...others, 'X-Cache': outcome, ETag: etag, 'Cache-Control': 'private, no-cache' };
  if (isKnown(req, etag)) res.writeHead(304, headers).end();
  else {
    const ofBody = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
    // As text: head and body then leave in one write.
    res.writeHead(endpoint.response.status, { ...headers, ...ofBody }).end(body);
  }
}

/** Under what an answer is kept. */
export function keyOf({ endpoint, actor, params, query }: Omit<Call, 'tags'>): string {
  const whose = [actor.institutionId, actor.role, endpoint.cache?.vary === 'person' ? actor.userId : null];
  return JSON.stringify([whose, endpoint.path, params ?? null, query ?? null]);
}

/** Whether an error of a load says that something it reads is away. */
export function isAway(error: unknown): boolean {
  return !(error instanceof AppError) || error.status >= 500;
}

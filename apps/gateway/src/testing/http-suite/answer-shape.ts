import type { Response } from 'supertest';

/** Different each time, by nature; and who is online, which nobody knows without Redis. */
const chance = new Set(['accessToken', 'refreshToken', 'key', 'inviteLink', 'pin', 'code', 'url', 'nextCursor', 'uptimeSeconds', 'online']);
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const hexId = /[0-9a-f]{32}/g;
const pin = /(?<=\/rooms\/)\d{6}/g;
const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export interface AnswerShape {
  status: number;
  headers: string[];
  location: string | null;
  contentType: string | null;
  body: unknown;
}

/** What of an answer must be the same each time the same is asked on the same ground: all but ids, times, secrets and figures of the process. */
export function shapeOf({ status, headers, body, text }: Response): AnswerShape {
  const contentType = headers['content-type'] ?? null;
  const isJson = contentType?.includes('json') === true;
  return {
    status,
    headers: Object.keys(headers)
      .filter((name) => name !== 'connection' && name !== 'keep-alive')
      .sort(),
    location: plain(headers.location ?? null) as string | null,
    contentType,
    body: isJson ? plain(body) : contentType?.startsWith('text/csv') ? plain(text) : null,
  };
}

function plain(value: unknown, name = ''): unknown {
  // A sheet under way says that the queue is away; that is all that it says differently.
  if (name === 'waitingFor' && (value as { cause?: unknown } | null)?.cause === 'QUEUE_UNAVAILABLE') return null;
  if (chance.has(name) && value !== null && value !== undefined) return '<chance>';
  if (typeof value === 'string') return value.replace(uuid, '<id>').replace(hexId, '<id>').replace(pin, '<pin>').replace(time, '<time>');
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, key)]));
}

import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Session } from '../auth/access-token.ts';
import type { Services } from '../services.ts';

/** `teacher` admits teachers and admins, `user` everybody who is signed in. */
export type AuthLevel = 'public' | 'user' | 'teacher' | 'admin';

/**
 * Which budgets a call draws on; the figures stand in rate-limits.ts. `login` and `code`: strictly by account (`limitedAccount`), loosely by address.
 * `pin`: whatever may be guessed by somebody who is signed in. `share`: what a link opens to anybody, by address. `none`: what machines ask all the time.
 */
export type RateLimitName = 'api' | 'upload' | 'login' | 'refresh' | 'code' | 'pin' | 'share' | 'none';

/** What every handler is told about its request. */
export interface RequestContext {
  services: Services;
  req: Request;
  res: Response;
  requestId: string;
}

/** What a handler is told beyond that. */
interface HandlerContext<Query extends z.ZodType, Body extends z.ZodType, Subject> {
  query: z.output<Query>;
  body: z.output<Body>;
  subject: Subject;
  /** Id for what this call creates: the same for every attempt under one `Idempotency-Key`. */
  createId: string;
}

/** What a handler gives back; the mount loop sends it. */
export interface Answer<Body> {
  body?: Body;
  headers?: Record<string, string>;
  /** Strong and quoted; whoever has it is answered 304. */
  etag?: string;
  /** Sends the body itself (files, pages of HTML) instead of JSON. */
  send?: (req: Request, res: Response) => Promise<void>;
  /** Runs once the answer is on its way; never delays or changes it. */
  after?: () => Promise<void>;
}

type ActorOf<Auth extends AuthLevel> = Auth extends 'public' ? null : Session;

export type LoadContext<Auth extends AuthLevel, Params extends z.ZodType> = RequestContext & {
  actor: ActorOf<Auth>;
  params: z.output<Params>;
};

type None = z.ZodUndefined;

interface EndpointSpec<
  Auth extends AuthLevel,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
  Subject,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';
  /** In Express' form, e.g. `/v1/assessments/:id`. */
  path: string;
  tag: string;
  summary: string;
  auth: Auth;
  /** The `gf_read` cookie will do for GET and HEAD: pictures, files, events. */
  readCookie?: true;
  /** `api` when absent. */
  rateLimit?: RateLimitName;
  /** Of `login` and `code`: which account the body is about; null when it names none. */
  limitedAccount?: (body: z.output<Body>) => string | null;
  /**
   * The answer's body is kept and found again, by institution and role, parameters and query; with `vary: 'person'` by person too. Looked up after `load`, so that
   * nobody is given what they may not have. `tags` name all that it is made of: a write to any of it ends it at once.
   */
  cache?: {
    vary: 'person' | 'role';
    ttlSeconds: number;
    tags: (context: { actor: Session; params: z.output<Params> }) => string[];
  };
  /** Answers 503 without Redis, and is the only kind of endpoint that may. */
  needsRedis?: true;
  params?: Params;
  query?: Query;
  body?: Body;
  /** Largest JSON body; 1 MB when absent. */
  maxBodyBytes?: number;
  /** In place of JSON; what it gives is parsed by `body`. */
  readBody?: (req: Request, res: Response) => Promise<unknown>;
  /** A POST that sees to its `Idempotency-Key` itself; all others by a signed-in person have it from the mount loop. */
  ownIdempotency?: true;
  /** Fields of the answer that are shown once: a replay leaves them out. */
  onceShown?: readonly string[];
  /** The handler reads the body as multipart itself; this is its form for the document. */
  multipart?: { fields: z.ZodObject };
  response: {
    status: 200 | 201 | 202 | 204;
    schema?: Result;
    description: string;
    /** Content type of a body that is no JSON; with a schema too, the client chooses by `Accept`. */
    contentType?: string;
  };
  /** Codes of its own problems, for the document. */
  problems?: readonly `${number} ${string}`[];
  /** Finds what the path names and checks that this person may have it: before query and body are looked at. */
  load?: (context: LoadContext<Auth, Params>) => Promise<Subject>;
  handle: (context: LoadContext<Auth, Params> & HandlerContext<Query, Body, Subject>) => Promise<Answer<z.input<Result>>>;
}

/** An endpoint as the mount loop and the OpenAPI document see it: the types of one endpoint are its own business. */
export interface Endpoint
  extends Omit<
    EndpointSpec<AuthLevel, z.ZodType, z.ZodType, z.ZodType, z.ZodType, unknown>,
    'load' | 'handle' | 'limitedAccount' | 'cache'
  > {
  limitedAccount?: (body: unknown) => string | null;
  cache?: {
    vary: 'person' | 'role';
    ttlSeconds: number;
    tags: (context: { actor: Session; params: unknown }) => string[];
  };
  load?: (context: RequestContext & { actor: Session | null; params: unknown }) => Promise<unknown>;
  handle: (
    context: RequestContext & { actor: Session | null; params: unknown; query: unknown; body: unknown; subject: unknown; createId: string },
  ) => Promise<Answer<unknown>>;
}

/** Declares one endpoint as data. The order of what happens with it stands in mount-endpoints.ts. */
export function defineEndpoint<
  Auth extends AuthLevel,
  Params extends z.ZodType = None,
  Query extends z.ZodType = None,
  Body extends z.ZodType = None,
  Result extends z.ZodType = None,
  Subject = undefined,
>(spec: EndpointSpec<Auth, Params, Query, Body, Result, Subject>): Endpoint {
  return spec as unknown as Endpoint;
}

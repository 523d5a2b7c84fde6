import { Problem } from '@gradeflow/contracts';
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import type { Endpoint } from '../http/define-endpoint.ts';
import { version } from '../version.ts';

type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of a table of endpoints; the same table gives the same bytes. */
export function buildDocument(endpoints: readonly Endpoint[]): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: operation(endpoint) };
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.1',
    info: {
      title: 'Gradeflow',
      version,
      description: 'Answer sheets in, marks with their evidence out. Errors are RFC 9457 problems; `code` is stable.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        readCookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'gf_read',
          description: 'Set by a sign-in with `session: "cookie"`; for GET and HEAD',
        },
      },
    },
    paths,
  };
  return createDocument(document);
}

function operation(endpoint: Endpoint): ZodOpenApiOperationObject {
  const { body, multipart } = endpoint;
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    security: endpoint.auth === 'public' ? [] : [{ bearer: [] }, ...(endpoint.readCookie ? [{ readCookie: [] }] : [])],
    requestParams: requestParams(endpoint),
    ...(body ? { requestBody: { required: true, content: contentOf(endpoint, body) } } : {}),
    ...(multipart
      ? { requestBody: { required: true, content: { 'multipart/form-data': { schema: multipartForm(multipart.fields) } } } }
      : {}),
    responses: responses(endpoint),
  };
}

/** What is read from a file has the form of a file. */
function contentOf({ readBody }: Endpoint, body: z.ZodType): NonNullable<ZodOpenApiOperationObject['requestBody']>['content'] {
  if (!readBody) return { 'application/json': { schema: body } };
  const file = z.string().meta({ override: { type: 'string', format: 'binary' } });
  return { 'text/csv': { schema: z.string() }, 'multipart/form-data': { schema: z.object({ file }) } };
}

function requestParams({ method, auth, params, query }: Endpoint): NonNullable<ZodOpenApiOperationObject['requestParams']> {
  const key = z.string().max(255).optional().meta({ description: 'The same key and the same body give the first answer again' });
  return {
    ...(params instanceof z.ZodObject ? { path: params } : {}),
    ...(query instanceof z.ZodObject ? { query } : {}),
    ...(method === 'post' && auth !== 'public' ? { header: z.object({ 'Idempotency-Key': key }) } : {}),
  };
}

function multipartForm(fields: z.ZodObject): z.ZodObject {
  const file = z.string().meta({
    override: { type: 'string', format: 'binary' },
    description: 'One PDF; or repeat it with PNG, JPEG, TIFF or WebP pages, in order',
  });
  return fields.extend({ file: z.array(file).min(1) });
}

function responses(endpoint: Endpoint): Record<`${1 | 2 | 3 | 4 | 5}${string}`, ZodOpenApiResponseObject> {
  const { status, schema, description, contentType } = endpoint.response;
  const answers: Record<string, ZodOpenApiResponseObject> = {
    [status]: {
      description,
      ...(schema || contentType
        ? {
            content: {
              ...(schema ? { 'application/json': { schema } } : {}),
              ...(contentType ? { [contentType]: { schema: z.string().meta({ override: { type: 'string', format: 'binary' } }) } } : {}),
            },
          }
        : {}),
    },
  };
  if (endpoint.cache) {
    Object.assign(answers[status] ?? {}, { headers: cachedHeaders });
    answers[304] = { description: 'The client has this version already', headers: cachedHeaders };
  }
  for (const [code, names] of Map.groupBy(problemsOf(endpoint), (problem) => problem.slice(0, 3)))
    answers[code] = {
      description: names.map((name) => name.slice(4)).join(', '),
      ...(code === '503' ? { headers: z.object({ 'Retry-After': z.string().meta({ description: 'Seconds' }) }) } : {}),
      content: { 'application/problem+json': { schema: Problem } },
    };
  return answers as Record<`${1 | 2 | 3 | 4 | 5}${string}`, ZodOpenApiResponseObject>;
}

const cachedHeaders = z.object({
  'X-Cache': z.enum(['HIT', 'MISS', 'STALE', 'BYPASS']),
  ETag: z.string().meta({ description: 'For `If-None-Match`' }),
});

/** Its own problems and those that follow from what it is. */
function problemsOf({ method, auth, body, query, rateLimit, needsRedis, problems = [] }: Endpoint): string[] {
  return [
    ...(body || query ? ['400 VALIDATION_FAILED'] : []),
    ...(auth === 'public' ? [] : ['401 UNAUTHORIZED']),
    ...(auth === 'public' ? [] : ['403 FORBIDDEN']),
    ...problems,
    ...(method === 'post' && auth !== 'public' ? ['409 IDEMPOTENCY_IN_PROGRESS', '422 IDEMPOTENCY_KEY_REUSED'] : []),
    ...(rateLimit === 'none' ? [] : ['429 RATE_LIMITED']),
    ...(needsRedis ? ['503 SERVICE_UNAVAILABLE'] : []),
  ].filter((problem, index, all) => all.indexOf(problem) === index);
}

/** `get /v1/assessments/:id/questions` → `getAssessmentsIdQuestions`. */
function operationId({ method, path }: Endpoint): string {
  const words = path.replace(/^\/v1/, '').split(/[/:]+/).filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

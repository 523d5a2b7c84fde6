import type { Express, RequestHandler } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { Endpoint } from '../http/define-endpoint.ts';
import { buildDocument } from './build-document.ts';

/** The pages' own scripts and styles, nothing from elsewhere; the document may only come from here too. */
const docsPolicy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** `/openapi.json` and, for people, `/docs`. */
export function mountDocs(app: Express, endpoints: readonly Endpoint[]): void {
  const document = JSON.stringify(buildDocument(endpoints));
  app.get('/openapi.json', (_req, res) => {
    res.set('Cache-Control', 'no-cache').type('json').send(document);
  });
  const page = swaggerUi.setup(undefined, {
    customSiteTitle: 'Gradeflow API',
    swaggerOptions: { url: '/openapi.json', validatorUrl: null, persistAuthorization: false },
  });
  const policy: RequestHandler = (_req, res, next) => {
    res.set('Content-Security-Policy', docsPolicy);
    next();
  };
  app.use('/docs', policy, ...swaggerUi.serve, page);
}

import express, { type Express } from 'express';
import { mountAdmin } from './features/admin/admin.routes.ts';
import { errorHandler, unknownRoute } from './http/error-handler.ts';
import { httpMetrics } from './http/http-metrics.ts';
import { mountEndpoints } from './http/mount-endpoints.ts';
import { requestContext } from './http/request-context.ts';
import { boundUnreadBody } from './http/unread-body.ts';
import { mountDocs } from './openapi/mount-docs.ts';
import { routes } from './routes.ts';
import type { GatewayPorts, Services } from './services.ts';

export interface AppOptions {
  /** Compare every answer with its schema: in tests and development. */
  checkResponses: boolean;
  /** Express' `trust proxy`: which proxies may say who the client is. */
  trustProxy: string | number | false;
}

/** The HTTP application; `services` are made by `createServices` of the same ports. */
export function createApp(ports: GatewayPorts, services: Services, options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by').set('etag', false).set('trust proxy', options.trustProxy);
  app.use(requestContext(ports.log), httpMetrics(ports.registry), boundUnreadBody);
  mountEndpoints(app, routes, { services, authenticate: services.authenticate, checkResponses: options.checkResponses });
  mountDocs(app, routes);
  mountAdmin(app, services, ports.boardQueues);
  app.use(unknownRoute, errorHandler());
  return app;
}

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  /** The port that is listened on; another than asked for when 0 was asked for. */
  port: number;
  close(): Promise<void>;
}

/**
 * The small listener of a worker: `GET /metrics` in Prometheus' text format, `GET /healthz` 200 or 503 as `healthy` says.
 * Rejects when the port is taken.
 */
export async function serveMetrics(options: {
  registry: Registry;
  port: number;
  host: string;
  healthy: () => boolean | Promise<boolean>;
}): Promise<MetricsServer> {
  const answer = async (path: string | undefined, response: ServerResponse) => {
    if (path === '/metrics') {
      send(response, 200, options.registry.contentType, await options.registry.metrics());
    } else if (path === '/healthz') {
      const healthy = await options.healthy();
      send(response, healthy ? 200 : 503, 'application/json', JSON.stringify({ status: healthy ? 'ok' : 'unhealthy' }));
    } else {
      send(response, 404, 'text/plain', 'not found\n');
    }
  };
  const server = createServer((request, response) => {
    // Figures that can't be collected and a check that throws are both "not healthy", never a dead process.
    answer(request.url?.split('?')[0], response).catch(() => send(response, 503, 'text/plain', 'unavailable\n'));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' }).end(body);
}

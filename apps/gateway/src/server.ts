import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Proxies and clients keep idle connections for a minute; ours must live longer, or a request is lost on a socket that we just closed. */
const keepAliveMs = 75_000;
/** 100 MB over half a megabit take 27 minutes. */
const requestMs = 3_600_000;

export interface RunningServer {
  url: string;
  /** Takes no new connections, lets running requests end, then cuts what is left at the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Starts to listen. Throws when the address is taken. */
export async function startServer(app: RequestListener, options: { host: string; port: number }): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: keepAliveMs, headersTimeout: 60_000, requestTimeout: requestMs }, app);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => continueWhenRead(req, res, app));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, port, family } = server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: (deadlineMs) => closeServer(server, deadlineMs) };
}

/**
 * A client that waits to be told (`Expect: 100-continue`) is told when somebody begins to read its body. Whoever is answered before that keeps the body, and
 * the connection ends, since nobody knows whether it comes after all.
 */
function continueWhenRead(req: IncomingMessage, res: ServerResponse, app: RequestListener): void {
  res.setHeader('Connection', 'close');
  req.once('resume', () => {
    if (res.headersSent) return;
    res.removeHeader('Connection');
    res.writeContinue();
  });
  app(req, res);
}

async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearTimeout(cut);
}

import { createServer } from 'node:net';

/** Whether a TCP port of 127.0.0.1 can be bound now; 0 asks the system for any. Resolves with the port, or null when it is taken. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}

/** The preferred port of 127.0.0.1 when it is free, else any free one. */
export async function chooseFreePort(preferred?: number): Promise<number> {
  const port = (preferred && (await tryPort(preferred))) || (await tryPort(0));
  if (port === null) throw new Error('no free TCP port on 127.0.0.1');
  return port;
}

/**
 * Runs `start` on the preferred or a free port. Between looking and binding somebody else may take the port: when that happened, another one
 * is tried, three times in all. A `fixed` port is used as it is.
 */
export async function startOnFreePort<T>(
  ports: { fixed?: number | undefined; preferred?: number | undefined },
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (ports.fixed !== undefined) return start(ports.fixed);
  for (let attempt = 1; ; attempt += 1) {
    const port = await chooseFreePort(attempt === 1 ? ports.preferred : undefined);
    try {
      return await start(port);
    } catch (error) {
      if (attempt === 3 || (await tryPort(port)) !== null) throw error;
    }
  }
}

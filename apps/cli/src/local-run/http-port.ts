import { createServer } from 'node:net';
import { ConflictError } from '@gradeflow/errors';

/** Throws ConflictError PORT_TAKEN or PORT_FORBIDDEN when the gateway could not listen there. */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  const code = await new Promise<string | null>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
  if (code === null) return;
  if (code === 'EADDRINUSE') {
    throw new ConflictError({
      code: 'PORT_TAKEN',
      detail: `Port ${port} is in use by another program. Stop that one, or choose another: PORT=${port + 1} npm start`,
    });
  }
  throw new ConflictError({
    code: 'PORT_FORBIDDEN',
    detail: `Port ${port} of ${host} cannot be used (${code}). Choose another: PORT=3000 npm start`,
  });
}

import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedService, LogLine } from '@gradeflow/embedded-services';

export interface KeptService {
  url: string;
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a database server, and again on the same port whenever it ends by itself, 0.2 s later, doubling to 10 s while that fails. */
export async function startKept(name: string, log: LogLine, start: (port?: number) => Promise<EmbeddedService>): Promise<KeptService> {
  let service = await start();
  const { url, port } = service;
  const stopping = new AbortController();

  const keep = async (): Promise<void> => {
    for (;;) {
      await service.ended;
      for (let waitMs = 200; !stopping.signal.aborted; waitMs = Math.min(10_000, waitMs * 2)) {
        log(`${name} ended by itself, starts again in ${waitMs / 1000} s`);
        await delay(waitMs, undefined, { signal: stopping.signal });
        try {
          service = await start(port);
          break;
        } catch (error) {
          log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      stopping.signal.throwIfAborted();
    }
  };
  const keeping = keep().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    url,
    async stop() {
      stopping.abort();
      // Not the whole of `keeping`: it waits for the end that this brings about.
      await service.stop();
      await keeping;
      await service.stop();
    },
    kill() {
      stopping.abort();
      service.kill();
    },
  };
}

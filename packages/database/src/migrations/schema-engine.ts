import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

type SchemaEngine = bindings.SchemaEngine;

/** The engine's own failure: its code is Prisma's, e.g. P3009. */
export interface EngineError extends Error {
  code?: string;
}

/** The little of it that is used here: TypeScript declares it for browsers alone. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: Record<string, object>): Promise<{ exports: Record<string, unknown> }>;
};

const connectionTimeoutMs = 5_000;
let compiled: Promise<void> | undefined;

/**
 * Runs `work` with Prisma's schema engine, connected to `url`; everything is closed afterwards.
 * The native engine would be downloaded at run time, so this is the WASM one: its package is written for bundlers, hence the wiring by hand.
 */
export async function withSchemaEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  compiled ??= instantiate();
  await compiled;
  const connections: SqlDriverAdapter[] = [];
  const factory = bindMigrationAwareSqlAdapterFactory(createFactory(url, connections));
  let engine: SchemaEngine | undefined;
  try {
    engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, factory);
    return await work(engine);
  } finally {
    engine?.free();
    for (const connection of connections) await connection.dispose();
  }
}

async function instantiate(): Promise<void> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const module = await WebAssembly.compile(await readFile(path.join(folder, 'schema_engine_bg.wasm')));
  const { exports } = await WebAssembly.instantiate(module, { './schema_engine_bg.js': withIdleTimers(bindings) });
  bindings.__wbg_set_wasm(exports);
  (exports.__wbindgen_start as () => void)();
}

/** The engine sets a timer of 10 s for its lock and never clears it; the process must not wait for that before it ends. */
function withIdleTimers(imports: object): object {
  const setIdleTimer = (callback: () => void, delayMs: number) => setTimeout(callback, delayMs >>> 0).unref();
  return Object.fromEntries(
    Object.entries(imports).map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? setIdleTimer : value]),
  );
}

/**
 * One session per engine: the engine's advisory lock belongs to a session, and a second or a dropped idle one would not hold it.
 * A script goes to Postgres in one message: the adapter's own way cuts it at every `;`, which breaks function bodies and leaves a failed
 * migration half applied; one message is one implicit transaction.
 */
function createFactory(url: string, connections: SqlDriverAdapter[]): PrismaPg {
  const factory = new PrismaPg({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: connectionTimeoutMs,
    application_name: 'gradeflow-migrate',
  });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    adapter.executeScript = async (script) => {
      await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
    };
    connections.push(adapter);
    return adapter;
  };
  return factory;
}

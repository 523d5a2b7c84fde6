import { FileStore } from '@tus/file-store';
import { type KvStore, MemoryLocker, Server, type Upload } from '@tus/server';
import { tusProblem } from './tus-problems.ts';
import type { UploadIntent } from './upload-metadata.ts';
import type { UploadRecords } from './upload-records.ts';

/** One call of the protocol, as the endpoints hand it on. */
export interface TusCall {
  method: 'POST' | 'HEAD' | 'PATCH' | 'DELETE' | 'OPTIONS';
  uploadId: string;
  /** The protocol's own headers of the request. */
  headers: Headers;
  /** Opened only when bytes are wanted, so that a refused body is left to the connection. */
  body: () => ReadableStream | null;
  /** Calls back when the client goes away: what has arrived is kept. */
  onGone: (callback: () => void) => void;
}

export interface TusServer {
  /** Writes what belongs to a new upload before its first byte is taken. */
  begin(uploadId: string, belongs: { ownerId: string; intent: UploadIntent }): void;
  /** The protocol's answer: headers, never an error. Throws AppError. */
  handle(call: TusCall): Promise<Headers>;
  /** How many of its bytes are there. */
  offsetOf(uploadId: string): Promise<number>;
}

/** Longest time that a call waits for another one about the same upload; the other one is asked to end after the second figure. */
const lockMs = 10_000;
const drainMs = 1_000;

/**
 * tus 1.0.0 over files in `directory` (which must exist). Extensions: creation, creation-with-upload, termination, expiration. Locks live in this process:
 * several gateways over one folder need a shared locker.
 */
export function createTusServer(options: {
  directory: string;
  basePath: string;
  maxBytes: number;
  expiresMs: number;
  records: UploadRecords;
}): TusServer {
  const { directory, basePath, maxBytes, expiresMs, records } = options;
  const beginning = new Map<string, { ownerId: string; intent: UploadIntent }>();
  const datastore = new FileStore({
    directory,
    expirationPeriodInMilliseconds: expiresMs,
    configstore: recordsAsStore(records, (id) => beginning.get(id)),
  });
  // A length that is told at the end would let 24 h of bytes in before the limit is known.
  datastore.extensions = datastore.extensions.filter((extension) => extension !== 'creation-defer-length');
  const server = new Server({
    path: basePath,
    datastore,
    maxSize: maxBytes,
    relativeLocation: true,
    locker: new MemoryLocker({ acquireLockTimeout: lockMs }),
    lockDrainTimeout: drainMs,
    namingFunction: (request) => request.url.slice(request.url.lastIndexOf('/') + 1),
    onResponseError: (_request, error) => {
      throw tusProblem(error);
    },
  });
  return {
    begin: (uploadId, belongs) => void beginning.set(uploadId, belongs),
    handle: async (call) => {
      try {
        const response = await server.handleWeb(asWebRequest(call, basePath));
        if (response.status >= 400) throw tusProblem({ status_code: response.status, body: await response.text() });
        return response.headers;
      } finally {
        beginning.delete(call.uploadId);
      }
    },
    offsetOf: async (uploadId) => (await datastore.getUpload(uploadId)).offset,
  };
}

/** Only what the server reads of a request; a whole one would have its body opened at once. */
function asWebRequest({ method, uploadId, headers, body, onGone }: TusCall, basePath: string): Request {
  const node = { req: { once: (_event: 'error', callback: () => void) => onGone(callback) } };
  const request = {
    method,
    url: `http://gateway${basePath}/${uploadId}`,
    headers,
    get body() {
      return body();
    },
    runtime: { node },
  };
  return request as unknown as Request;
}

function recordsAsStore(
  records: UploadRecords,
  belongsTo: (id: string) => { ownerId: string; intent: UploadIntent } | undefined,
): KvStore<Upload> {
  return {
    get: async (id) => {
      const record = await records.find(id);
      if (!record) return undefined;
      // The file itself tells the offset.
      const { size, metadata, createdAt } = record;
      return { id, size, offset: 0, metadata, creation_date: createdAt, storage: undefined, sizeIsDeferred: false };
    },
    set: async (id, upload) => {
      const belongs = belongsTo(id);
      if (!belongs || upload.size === undefined || upload.creation_date === undefined) throw new Error('an upload has no beginning');
      const { size, creation_date: createdAt, metadata = {} } = upload;
      await records.save({ id, size, createdAt, metadata, submissionId: null, ...belongs });
    },
    delete: (id) => records.remove(id),
  };
}

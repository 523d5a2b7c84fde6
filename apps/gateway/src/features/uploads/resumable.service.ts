import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, createReadStream, mkdirSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import type { UploadPurpose } from '@gradeflow/contracts';
import type { Actor } from '@gradeflow/database';
import { AppError, ValidationError } from '@gradeflow/errors';
import type { WorkShare } from '@gradeflow/queue';
import { findWriteFault, type Spool } from '@gradeflow/spool';
import type { UploadService } from '../submissions/upload.service.ts';
import { UploadNotWrittenError, uploadNotFound } from './tus-problems.ts';
import { createTusServer, type TusCall } from './tus-server.ts';
import type { UploadIntent } from './upload-metadata.ts';
import { createUploadRecords, type UploadRecord } from './upload-records.ts';

export const uploadsPath = '/v1/uploads';
/** An upload that was begun longer ago is gone. */
const expiresMs = 24 * 60 * 60 * 1000;

export interface Finished {
  /** Of what the bytes became. */
  id: string;
  purpose: UploadPurpose;
  /** False when an earlier call had accepted it. */
  fresh: boolean;
  /** Whose work it is, when this call finished it. */
  share?: WorkShare;
}

export interface TusAnswer {
  /** Of the protocol. */
  headers: Headers;
  /** Once all bytes are there and accepted. */
  finished: Finished | null;
}

export interface ResumableUploads {
  /** Throws NotFoundError UPLOAD_NOT_FOUND also for somebody else's. */
  getOwned(actor: Actor, uploadId: string): Promise<UploadRecord>;
  /**
   * Begins an upload, under a key the one that it began before. Throws what the protocol and the acceptance of a whole file throw; ValidationError
   * IDEMPOTENCY_KEY_REUSED (422).
   */
  create(request: CreateRequest): Promise<TusAnswer & { replayed: boolean }>;
  /** HEAD, PATCH and DELETE of an upload that `getOwned` gave; the call that finds all bytes there accepts them. */
  handle(request: { actor: Actor; record: UploadRecord; call: TusCall; requestId: string }): Promise<TusAnswer>;
  /** What the server can do. */
  options(call: TusCall): Promise<Headers>;
  /** Removes uploads of more than 24 h ago. Returns how many files. */
  sweep(): Promise<number>;
}

interface CreateRequest {
  actor: Actor;
  intent: UploadIntent;
  call: Omit<TusCall, 'uploadId'>;
  requestId: string;
  idempotencyKey: string | null;
}

/** tus over `<spool>/uploads`; a finished upload goes the way of every other into the spool. Makes its folder. */
export function createResumableUploads(deps: { uploads: UploadService; spool: Spool }): ResumableUploads {
  const { uploads, spool } = deps;
  const directory = path.join(spool.root, 'uploads');
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  const records = createUploadRecords(directory);
  const tus = createTusServer({ directory, basePath: uploadsPath, maxBytes: uploads.limits.maxBytes, expiresMs, records });
  const finishing = new Map<string, Promise<Finished>>();

  const accept = async (record: UploadRecord, actor: Actor, requestId: string): Promise<Finished> => {
    const { id, size, intent } = record;
    await uploads.authorise(actor, intent.assessmentId, intent.purpose);
    const accepted = await uploads.accept(
      {
        actor,
        purpose: intent.purpose,
        assessmentId: intent.assessmentId,
        requestId,
        // However often this is tried, and wherever it broke off: one submission or paper.
        idempotency: { scope: `PATCH ${uploadsPath}`, key: id },
        signal: new AbortController().signal,
      },
      async (entry) => {
        const received = await entry.receiveFile(0, createReadStream(records.bytesPath(id)), { maxBytes: size, ownsChunks: true });
        return { files: [{ ...received, name: intent.filename }], fields: intent.fields };
      },
    );
    await records.save({ ...record, submissionId: accepted.id });
    // A hole of the same length: HEAD still tells the offset, the disk is free.
    await truncate(records.bytesPath(id), 0);
    await truncate(records.bytesPath(id), size);
    return { id: accepted.id, purpose: intent.purpose, fresh: true, share: accepted.share };
  };

  const finish = async (uploadId: string, actor: Actor, requestId: string): Promise<Finished | null> => {
    const running = finishing.get(uploadId);
    if (running) return { ...(await running), fresh: false };
    const record = await records.find(uploadId);
    if (!record) throw uploadNotFound();
    if (record.submissionId !== null) return { id: record.submissionId, purpose: record.intent.purpose, fresh: false };
    if ((await tus.offsetOf(uploadId)) < record.size) return null;
    const joined = finishing.get(uploadId);
    if (joined) return { ...(await joined), fresh: false };
    const work = accept(record, actor, requestId)
      .catch(async (error: unknown) => {
        // A file that is refused stays refused; what may pass is tried again by the next call.
        if (error instanceof AppError && !error.retryable) await records.remove(uploadId);
        throw error;
      })
      .finally(() => finishing.delete(uploadId));
    finishing.set(uploadId, work);
    return work;
  };

  /** The tus library hides why a write failed; the volume says it again: full is 507, not writable 503. */
  const exchange = async (call: TusCall): Promise<Headers> => {
    try {
      return await tus.handle(call);
    } catch (error) {
      if (error instanceof UploadNotWrittenError) await findWriteFault(directory, Number(call.headers.get('Content-Length') ?? 0));
      throw error;
    }
  };

  return {
    getOwned: async (actor, uploadId) => {
      const record = /^[0-9a-f]{32}$/.test(uploadId) ? await records.find(uploadId) : null;
      if (record?.ownerId !== actor.userId) throw uploadNotFound();
      return record;
    },
    create: async ({ actor, intent, call, requestId, idempotencyKey }) => {
      const uploadId = idempotencyKey === null ? randomBytes(16).toString('hex') : idOfKey(actor, idempotencyKey);
      const earlier = idempotencyKey === null ? null : await records.find(uploadId);
      if (earlier) {
        if (JSON.stringify([earlier.intent, earlier.size]) !== JSON.stringify([intent, Number(call.headers.get('Upload-Length'))]))
          throw keyReused();
        const headers = new Headers({ 'Tus-Resumable': '1.0.0', Location: `${uploadsPath}/${uploadId}` });
        return { headers, finished: await finish(uploadId, actor, requestId), replayed: true };
      }
      tus.begin(uploadId, { ownerId: actor.userId, intent });
      const headers = await exchange({ ...call, uploadId }).catch(async (error: unknown) => {
        // Nobody has been told its address.
        await records.remove(uploadId);
        throw error;
      });
      return { headers, finished: await finish(uploadId, actor, requestId), replayed: false };
    },
    handle: async ({ actor, record, call, requestId }) => {
      const headers = await exchange(call);
      return { headers, finished: call.method === 'DELETE' ? null : await finish(record.id, actor, requestId) };
    },
    options: exchange,
    sweep: () => records.sweep(expiresMs),
  };
}

function idOfKey(actor: Actor, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([actor.userId, `POST ${uploadsPath}`, key]))
    .digest('hex')
    .slice(0, 32);
}

function keyReused(): ValidationError {
  return new ValidationError({
    code: 'IDEMPOTENCY_KEY_REUSED',
    status: 422,
    detail: 'This Idempotency-Key stands for another upload already; use a new one.',
  });
}

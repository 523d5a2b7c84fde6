import { createHash } from 'node:crypto';
import { extensionOf, type Manifest, PaperFields, UploadFields, type UploadPurpose } from '@gradeflow/contracts';
import { type Actor, checkPaperUpload, checkUpload, type Database } from '@gradeflow/database';
import { ForbiddenError, RefusedFileError, ValidationError } from '@gradeflow/errors';
import type { JobProducer, WorkShare } from '@gradeflow/queue';
import type { DocumentInfo, ReadingPool } from '@gradeflow/reading';
import type { IncomingEntry, Spool } from '@gradeflow/spool';
import { uuidv7 } from 'uuidv7';
import type { PostgresGuard } from '../../access/postgres-guard.ts';
import { parseInput } from '../../http/parse.ts';
import type { NamedFile, UploadLimits } from '../../http/receive-upload.ts';

export interface UploadRequest {
  actor: Actor;
  /** What the bytes become. */
  purpose: UploadPurpose;
  assessmentId: string;
  requestId: string;
  /** Method, path and key of an `Idempotency-Key`; null without one. */
  idempotency: { scope: string; key: string } | null;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

export interface Accepted {
  /** Of the submission or question paper. */
  id: string;
  /** The answer of an earlier call with the same key. */
  replayed: boolean;
  /** Whose work it is, for its turn in the queue. */
  share: WorkShare;
}

export interface UploadService {
  readonly limits: UploadLimits;
  /** May this person upload here? Without an answer from Postgres the signed claims are enough; it is asked again before anything is graded. */
  authorise(actor: Actor, assessmentId: string, purpose: UploadPurpose): Promise<void>;
  /**
   * Receives by `receive`, checks, and commits: when it resolves the upload is durable. On any refusal nothing is left in the spool.
   * Throws RefusedFileError, ValidationError (also IDEMPOTENCY_KEY_REUSED and FILES_NOT_COMBINABLE, 422), ForbiddenError.
   */
  accept(
    request: UploadRequest,
    receive: (entry: IncomingEntry) => Promise<{ files: NamedFile[]; fields: Record<string, unknown> }>,
  ): Promise<Accepted>;
  /** Tells the queue. Without it the reconciler finds the upload in the spool. */
  enqueue(id: string, purpose: UploadPurpose, share?: WorkShare): Promise<void>;
}

interface Deps {
  database: Database;
  spool: Spool;
  reading: ReadingPool;
  producer: JobProducer;
  guard: PostgresGuard;
  limits: UploadLimits;
}

/** How long a "yes" about an assessment is remembered. */
const rememberMs = 3_000;
const maxRemembered = 10_000;

export function createUploadService(deps: Deps): UploadService {
  const { database, spool, guard, limits } = deps;
  const allowed = new Map<string, number>();

  const judge = async (actor: Actor, assessmentId: string, purpose: UploadPurpose, studentId: string | null) => {
    const asked = await guard.ask(async () => {
      const assessment = await database.assessments.find(assessmentId);
      return purpose === 'submission' ? checkUpload(database, actor, assessment, studentId) : checkPaperUpload(database, actor, assessment);
    });
    if (asked.answered && asked.value) throw asked.value;
    return asked.answered;
  };

  return {
    limits,

    authorise: async (actor, assessmentId, purpose) => {
      // The claims say so, whether Postgres answers or not.
      if (purpose === 'question-paper' && actor.role === 'STUDENT') throw new ForbiddenError({ detail: 'Your role does not allow this.' });
      const slot = `${actor.userId} ${actor.role} ${purpose} ${assessmentId}`;
      if ((allowed.get(slot) ?? 0) > Date.now()) return;
      allowed.delete(slot);
      if (!(await judge(actor, assessmentId, purpose, null))) return;
      if (allowed.size >= maxRemembered) allowed.clear();
      allowed.set(slot, Date.now() + rememberMs);
    },

    accept: async (request, receive) => {
      const entry = await spool.begin(uuidv7());
      try {
        const { files, fields } = await receive(entry);
        const { actor, purpose, assessmentId } = request;
        const { label, studentId } = fieldsOf(fields, actor, purpose);
        if (studentId !== null && studentId !== actor.userId) await judge(actor, assessmentId, purpose, studentId);
        const infos = await inspectAll(deps, files, request.signal);
        request.signal.throwIfAborted();
        const manifest = manifestOf({ id: entry.id, request, label, studentId, files, infos });
        return await commit(deps, entry, manifest, request);
      } catch (error) {
        await entry.discard();
        throw error;
      }
    },

    enqueue: (id, purpose, share) =>
      purpose === 'submission'
        ? deps.producer.enqueueSubmission({ submissionId: id, run: 1, share })
        : deps.producer.enqueueQuestionPaper({ paperId: id, run: 1, share }),
  };
}

/**
 * The text fields of an upload, checked; a question paper has no student. Throws ValidationError, ForbiddenError for a student who names somebody else.
 */
export function fieldsOf(
  fields: Record<string, unknown>,
  actor: Actor,
  purpose: UploadPurpose,
): { label: string | null; studentId: string | null } {
  // An empty input of a form is no value.
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  if (purpose === 'question-paper') return { label: parseInput(PaperFields.strict(), given, 'form').label || null, studentId: null };
  const { label, studentId } = parseInput(UploadFields.strict(), given, 'form');
  if (actor.role !== 'STUDENT') return { label: label || null, studentId: studentId ?? null };
  if (studentId !== undefined && studentId !== actor.userId) throw new ForbiddenError({ detail: 'Students upload for themselves.' });
  return { label: label || null, studentId: actor.userId };
}

/** By content, not by name; every refusal that can be known without rendering. */
async function inspectAll({ reading, limits }: Deps, files: NamedFile[], signal: AbortSignal): Promise<DocumentInfo[]> {
  const infos = await Promise.all(files.map((file) => reading.inspect(file.absolutePath, { signal })));
  if (infos.length > 1 && infos.some((info) => info.mediaType === 'application/pdf'))
    throw new ValidationError({
      code: 'FILES_NOT_COMBINABLE',
      status: 422,
      detail: 'One upload is one PDF, or several pictures; not several PDFs and not both.',
    });
  const pages = infos.reduce((sum, info) => sum + info.pages, 0);
  if (pages > limits.maxPages)
    throw new RefusedFileError({ code: 'TOO_MANY_PAGES', detail: `The upload has ${pages} pages; ${limits.maxPages} are allowed.` });
  return infos;
}

interface ManifestParts {
  id: string;
  request: UploadRequest;
  label: string | null;
  studentId: string | null;
  files: NamedFile[];
  infos: DocumentInfo[];
}

function manifestOf({ id, request, label, studentId, files, infos }: ManifestParts): Manifest {
  const described = files.flatMap((file, index) => {
    const info = infos[index];
    if (!info) return [];
    const path = `original/${index + 1}.${extensionOf[info.mediaType]}`;
    return [{ path, name: file.name, mediaType: info.mediaType, bytes: file.bytes, sha256: file.sha256, pages: info.pages }];
  });
  return {
    submissionId: id,
    purpose: request.purpose,
    institutionId: request.actor.institutionId,
    userId: request.actor.userId,
    userRole: request.actor.role,
    assessmentId: request.assessmentId,
    studentId,
    label,
    acceptedAt: new Date().toISOString(),
    requestId: request.requestId,
    pagesTotal: described.reduce((sum, file) => sum + file.pages, 0),
    files: described,
  };
}

const hashOf = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

async function commit(deps: Deps, entry: IncomingEntry, manifest: Manifest, request: UploadRequest): Promise<Accepted> {
  const share = { institutionId: manifest.institutionId, pages: manifest.pagesTotal };
  if (!request.idempotency) {
    await entry.commit(manifest);
    return { id: manifest.submissionId, replayed: false, share };
  }
  const { scope, key } = request.idempotency;
  const bodyHash = hashOf([manifest.studentId ?? '', manifest.label ?? '', ...manifest.files.map((file) => file.sha256)]);
  const claim = await deps.spool.claimKey(hashOf([request.actor.userId, scope, key]), { submissionId: manifest.submissionId, bodyHash });
  if (claim.bodyHash !== bodyHash)
    throw new ValidationError({
      code: 'IDEMPOTENCY_KEY_REUSED',
      status: 422,
      detail: 'This Idempotency-Key stands for another upload already; use a new one.',
    });
  // A key whose first call died before it committed is finished under the id that the key names.
  if (claim.fresh || !(await isKnown(deps, claim.submissionId, request.purpose)))
    await entry.commit({ ...manifest, submissionId: claim.submissionId });
  else await entry.discard();
  return { id: claim.submissionId, replayed: !claim.fresh, share };
}

/**
 * Whether an upload has been accepted under this id: it is in the spool, or its row is there (deleted ones too). A silent Postgres counts as no: to
 * commit again is harmless then, for every step of the pipeline finds its own earlier result.
 */
async function isKnown({ database, spool, guard }: Deps, id: string, purpose: UploadPurpose): Promise<boolean> {
  if (await spool.findManifest(id)) return true;
  const asked = await guard.ask(async () => {
    if (purpose === 'question-paper') return (await database.questionPapers.find(id)) !== null;
    return (await database.submissions.find(id)) !== null || (await database.submissions.isDeleted(id));
  });
  return asked.answered && asked.value;
}

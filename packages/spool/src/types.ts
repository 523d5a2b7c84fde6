import type { Readable } from 'node:stream';
import type { Manifest, PageReading } from '@gradeflow/contracts';

/** A file that has been streamed into an incoming entry: hashed on the way, not yet visible. */
export interface ReceivedFile {
  /** Absolute path of the bytes, valid until the entry is committed or discarded. */
  absolutePath: string;
  bytes: number;
  sha256: string;
}

export interface ReceiveLimits {
  maxBytes: number;
  /** Nobody else uses the memory of the chunks: it is given back as soon as they are written. */
  ownsChunks?: true;
  /** How much is collected before it is written; 1 MB when absent. */
  batchBytes?: number;
  /** Told how many bytes are written next; what it throws refuses the file. */
  admit?: (bytes: number) => void;
}

/** An upload that is still arriving: a folder below `tmp/`. */
export interface IncomingEntry {
  readonly id: string;
  /**
   * Streams one file to disk. Throws RefusedFileError FILE_TOO_LARGE beyond `maxBytes` and EMPTY_FILE for none,
   * InsufficientStorageError when the volume is full. Collects chunks to about 1 MB. Resolves once all is written, so that the file can be looked at while
   * it is synced; `commit` waits for that, and throws what it says.
   */
  receiveFile(index: number, source: Readable, limits: ReceiveLimits): Promise<ReceivedFile>;
  /**
   * Writes the manifest, syncs, renames the folder to `ready/<id>` and syncs the directory: after this the upload is accepted.
   * `manifest.submissionId` decides the id: another one than this entry's when an idempotency key was claimed before. Files get their final names from `manifest.files[i].path`.
   * Returns false when that entry is already there (nothing is changed then, and this entry is discarded).
   */
  commit(manifest: Manifest): Promise<boolean>;
  /** Removes everything, once nothing is on its way to the disk any more; never throws for what is already gone. */
  discard(): Promise<void>;
}

export interface KeyClaim {
  /** The submission that the key stands for: the caller's on a first claim, the earlier one's otherwise. */
  submissionId: string;
  /** Hash of the body of the first claim. */
  bodyHash: string;
  /** True when this call made the claim. */
  fresh: boolean;
}

/** What the spool takes up. Bytes of all files: originals, pages and what was noted about them. */
export interface SpoolUsage {
  /** In `ready/`: accepted and not finished. */
  entries: number;
  bytes: number;
  quarantined: number;
  quarantinedBytes: number;
}

/** An entry that was set apart. */
export interface QuarantinedEntry {
  /** Of the submission or question paper. */
  id: string;
  /** Of the folder: another than the id for one that came under the same id again. */
  name: string;
  reason: string;
  since: Date;
  /** Null when it is missing or damaged. */
  manifest: Manifest | null;
}

/** Accepted uploads on disk: the outbox of the pipeline. Everything in it is immutable once it has its name. */
export interface Spool {
  readonly root: string;
  /** Makes the folders. Call once at start. */
  prepare(): Promise<void>;
  begin(id: string): Promise<IncomingEntry>;
  /** Claims an idempotency key by exclusive create. `keyHash` is hex. */
  claimKey(keyHash: string, claim: { submissionId: string; bodyHash: string }): Promise<KeyClaim>;
  /** Null when there is no such entry in `ready/`. Throws when it is there but damaged. */
  findManifest(id: string): Promise<Manifest | null>;
  /** Throws NotFoundError SPOOL_ENTRY_GONE when there is no entry. */
  getManifest(id: string): Promise<Manifest>;
  /** Absolute path of an original. */
  originalPath(id: string, manifestPath: string): string;
  /** Ids in `ready/`, oldest first, as they come. */
  listReady(): AsyncIterable<string>;
  findPage(id: string, page: number): Promise<PageReading | null>;
  /** Page numbers that are read, ascending. */
  listPages(id: string): Promise<number[]>;
  /** Writes the picture first, then the JSON: a page counts once its JSON is there. Writing the same page again is harmless. */
  writePage(id: string, reading: PageReading, picture: Uint8Array | null): Promise<void>;
  /** Absolute path of a page's WebP; null when it has none. */
  findPagePicture(id: string, page: number): Promise<string | null>;
  /**
   * Claims one of `most` turns of an entry for `holder`, over all processes; a holder that has one keeps it. False when all are taken or the entry is gone.
   */
  claimTurn(id: string, holder: string, most: number): Promise<boolean>;
  /**
   * Notes that a reading process crashed over a page (1-based) of a file (index into the manifest's files); synced. Returns how often that file did it so
   * far, this time included; 0 when the entry is gone.
   */
  recordCrash(id: string, crash: { file: number; page: number; reason: string }): Promise<number>;
  countCrashes(id: string, file: number): Promise<number>;
  /** For a person who wants the files tried once more. */
  forgetCrashes(id: string): Promise<void>;
  /** Writes `deleted`, synced: every later step sees it and stops. */
  markDeleted(id: string): Promise<void>;
  isDeleted(id: string): Promise<boolean>;
  /** Ids of which some may be marked as deleted, and all others are not, but for marks of versions that had no such list. Cost: one readdir. */
  listMaybeDeleted(): Promise<Set<string>>;
  /** Removes the entry from `ready/` (renamed away first, so that it is never half there). */
  remove(id: string): Promise<void>;
  /** Moves an entry to `quarantine/` with a reason file. */
  quarantine(id: string, reason: string): Promise<void>;
  /** Oldest id first. */
  listQuarantined(): Promise<QuarantinedEntry[]>;
  /** Moves an entry from `quarantine/` back to `ready/`. False when there is none, or an entry of this id is in `ready/` already. */
  restore(id: string): Promise<boolean>;
  /** Counts what lies here. Cost: a stat a file. */
  usage(): Promise<SpoolUsage>;
  /** Removes what broken uploads left in `tmp/`, older than `olderThanMs`, and idempotency keys older than 24 h. Returns how many. */
  sweep(olderThanMs: number): Promise<number>;
  /** Proves that write, sync, exclusive create and rename work here; throws UnavailableError with the cause. */
  probe(): Promise<void>;
}

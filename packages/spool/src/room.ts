import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';
import { hasCode } from './spool-error.ts';

export interface RoomLimits {
  /** Of all that stands in the spool; null: only what the volume has left counts. */
  maxBytes: number | null;
  /** What the volume must have left for others, for the pictures of pages and for what is under way. */
  minFreeBytes: number;
  /** Uploads that are received at the same time. */
  maxUploads: number;
}

export interface RoomFigures {
  usedBytes: number;
  /** Null while the volume does not say. */
  freeBytes: number | null;
  uploads: number;
  /** Since the process began. */
  refusals: number;
  /** Why an upload of no bytes would be refused now; null when it would not. */
  refusal: string | null;
}

/** What an upload was let in with. */
export interface Place {
  /** How much it may collect before it writes: less the more uploads there are. */
  batchBytes: number;
  /**
   * Before so many more of its bytes are written: what it did not announce is counted then. Throws UnavailableError SPOOL_FULL when there is no room for that.
   */
  admit(bytes: number): void;
  /** Once, when it is over: how many of its bytes stay. */
  leave(keptBytes: number): void;
}

/** Whether the spool takes more. All that is asked of it is answered from figures in memory that are a second or a few old, and what was let in since. */
export interface SpoolRoom {
  /**
   * Lets an upload in that announces so many bytes (0 when it does not say: then they count as they are admitted). Throws UnavailableError SPOOL_FULL or TOO_MANY_UPLOADS (503), with the seconds
   * after which it may be tried again.
   */
  enter(announcedBytes: number): Promise<Place>;
  /** Uploads that are inside now. */
  underWay(): number;
  figures(): Promise<RoomFigures>;
}

/** What is looked at; replaced in tests. */
export interface VolumeView {
  freeBytes(): Promise<number>;
  usedBytes(): Promise<number>;
  now(): number;
}

const freeEveryMs = 1_000;
const countEveryMs = 5_000;
/** Counting a full spool may take seconds; it is left alone for this many times as long. */
const restAfterCount = 20;
const retryFullSeconds = 10;
const retryBusySeconds = 1;
/** For what all uploads together collect before they write. */
const collectedBytes = 64 * 1024 * 1024;
const [smallestBatch, largestBatch] = [64 * 1024, 1024 * 1024];

/** The room of the spool below `root`. Counts itself when it is asked; needs no closing. */
export function createSpoolRoom(root: string, limits: RoomLimits, view: VolumeView = viewOf(root)): SpoolRoom {
  let refusals = 0;
  let uploads = 0;
  let announced = 0;
  /** Kept since the last look at the volume and since the last count. */
  const kept = { free: 0, used: 0 };
  let free: number | null = null;
  let used = 0;

  const look = refreshed(
    view,
    () => freeEveryMs,
    async () => {
      const before = kept.free;
      free = await view.freeBytes();
      kept.free -= before;
    },
  );
  const count = refreshed(
    view,
    (tookMs) => Math.max(countEveryMs, restAfterCount * tookMs),
    async () => {
      const before = kept.used;
      used = await view.usedBytes();
      kept.used -= before;
    },
  );

  const usedNow = () => used + kept.used + announced;
  const fullnessFor = (bytes: number): UnavailableError | null => {
    const full = (detail: string) => new UnavailableError({ code: 'SPOOL_FULL', detail, retryAfterSeconds: retryFullSeconds });
    if (limits.maxBytes !== null && usedNow() + bytes > limits.maxBytes)
      return full('Too many uploads wait for their work; try again in a while.');
    if (free !== null && free - kept.free - announced - bytes < limits.minFreeBytes)
      return full('The volume for uploads has too little space left.');
    return null;
  };
  const refusalOf = (bytes: number): UnavailableError | null => {
    const fullness = fullnessFor(bytes);
    if (fullness) return fullness;
    if (uploads < limits.maxUploads) return null;
    return new UnavailableError({
      code: 'TOO_MANY_UPLOADS',
      detail: 'As many uploads as this server takes are under way.',
      retryAfterSeconds: retryBusySeconds,
    });
  };

  const refuse = (refusal: UnavailableError | null): void => {
    if (!refusal) return;
    refusals += 1;
    throw refusal;
  };

  return {
    enter: async (bytes) => {
      await Promise.all([look(), count()]);
      refuse(refusalOf(bytes));
      uploads += 1;
      announced += bytes;
      let inside = true;
      let arrived = 0;
      let counted = bytes;
      return {
        batchBytes: Math.min(largestBatch, Math.max(smallestBatch, Math.floor(collectedBytes / uploads))),
        admit: (more) => {
          arrived += more;
          const beyond = arrived - counted;
          if (!inside || beyond <= 0) return;
          // It may take long, and nobody else may come meanwhile.
          void look();
          void count();
          refuse(fullnessFor(beyond));
          counted += beyond;
          announced += beyond;
        },
        leave: (keptBytes) => {
          if (!inside) return;
          inside = false;
          uploads -= 1;
          announced -= counted;
          kept.free += keptBytes;
          kept.used += keptBytes;
        },
      };
    },
    underWay: () => uploads,
    figures: async () => {
      await Promise.all([look(), count()]);
      return { usedBytes: usedNow(), freeBytes: free, uploads, refusals, refusal: refusalOf(0)?.message ?? null };
    },
  };
}

/**
 * Does `work` when it was last done longer ago than `everyMs` says of how long it took. Waits for the very first time only; later it goes on behind the
 * caller's back. What fails leaves the figures as they were: a volume that does not answer says so where it is written.
 */
function refreshed(view: VolumeView, everyMs: (tookMs: number) => number, work: () => Promise<void>): () => Promise<void> {
  let first: Promise<void> | null = null;
  let dueAt = 0;
  let running = false;
  const run = async () => {
    running = true;
    const began = view.now();
    await work().catch(() => {});
    running = false;
    dueAt = view.now() + everyMs(view.now() - began);
  };
  return () => {
    if (first === null) first = run();
    else if (!running && view.now() >= dueAt) void run();
    return first;
  };
}

function viewOf(root: string): VolumeView {
  return {
    now: () => performance.now(),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    usedBytes: () => bytesBelow(root),
  };
}

/** On the disk: holes do not count. Folder by folder, so that counting a large spool leaves threads to uploads. */
async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await unlessGone(() => readdir(folder, { withFileTypes: true }), []);
  for (const entry of entries) {
    const item = path.join(folder, entry.name);
    bytes += entry.isDirectory() ? await bytesBelow(item) : await unlessGone(async () => (await stat(item)).blocks * 512, 0);
  }
  return bytes;
}

/** Entries come and go while they are counted. */
async function unlessGone<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return otherwise;
    throw error;
  }
}

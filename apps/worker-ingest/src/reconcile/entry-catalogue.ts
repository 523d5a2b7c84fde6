import type { UploadPurpose } from '@gradeflow/contracts';
import { AppError } from '@gradeflow/errors';
import type { WorkShare } from '@gradeflow/queue';
import type { ReconcileDeps } from './truth.ts';

/** What is known of an entry without looking into it again: its manifest never changes, and what is deleted stays so. */
export interface KnownEntry {
  id: string;
  purpose: UploadPurpose;
  /** Whose work it is; null when the manifest is damaged. */
  share: WorkShare | null;
  deleted: boolean;
}

export interface Catalogue {
  submissions: KnownEntry[];
  papers: KnownEntry[];
}

const entriesAtOnce = 100;

/**
 * Tells what the entries of the spool are. Each manifest is read once a process, and only what the spool's list of deletions names is asked for its mark;
 * entries that are gone are forgotten. One whose manifest cannot be read now is left out. A damaged one counts as a submission's: those are set apart.
 */
export function createEntryCatalogue({ spool, log }: Pick<ReconcileDeps, 'spool' | 'log'>): (ids: string[]) => Promise<Catalogue> {
  let known = new Map<string, KnownEntry>();

  const read = async (id: string): Promise<KnownEntry | null> => {
    try {
      const manifest = await spool.findManifest(id);
      if (!manifest) return null;
      const { institutionId, pagesTotal, purpose = 'submission' } = manifest;
      return { id, purpose, share: { institutionId, pages: pagesTotal }, deleted: await spool.isDeleted(id) };
    } catch (error) {
      const damaged = error instanceof AppError && error.code === 'SPOOL_ENTRY_DAMAGED';
      if (damaged) return { id, purpose: 'submission', share: null, deleted: await spool.isDeleted(id) };
      log.error({ err: error, entry: id }, 'an upload in the spool cannot be looked at');
      return null;
    }
  };
  const refresh = async (entry: KnownEntry): Promise<KnownEntry> => ({ ...entry, deleted: await spool.isDeleted(entry.id) });

  return async (ids) => {
    const marked = await spool.listMaybeDeleted();
    const next = new Map<string, KnownEntry>();
    const unknown: Array<() => Promise<KnownEntry | null>> = [];
    for (const id of ids) {
      const entry = known.get(id);
      if (!entry) unknown.push(() => read(id));
      else if (!entry.deleted && marked.has(id)) unknown.push(() => refresh(entry));
      else next.set(id, entry);
    }
    for (let start = 0; start < unknown.length; start += entriesAtOnce) {
      const entries = await Promise.all(unknown.slice(start, start + entriesAtOnce).map((look) => look()));
      for (const entry of entries) if (entry) next.set(entry.id, entry);
    }
    known = next;
    const catalogue: Catalogue = { submissions: [], papers: [] };
    for (const id of ids) {
      const entry = next.get(id);
      if (entry) catalogue[entry.purpose === 'submission' ? 'submissions' : 'papers'].push(entry);
    }
    return catalogue;
  };
}

import type { StuckItem, StuckList, UploadPurpose, WaitingFor } from '@gradeflow/contracts';
import type { Database, Standstill } from '@gradeflow/database';
import type { JobRef } from '@gradeflow/queue';
import type { PostgresGuard } from '../../access/postgres-guard.ts';
import { waitingSince } from '../standstill/explain-job.ts';
import { databaseAway, lastJobOf, queueAway, type Standstills } from '../standstill/standstills.ts';
import type { Candidate, StuckCandidates } from './stuck-candidates.ts';

export interface StuckService {
  /** What stands still anywhere in the installation, longest first, with the reason of each. Works without Postgres and without Redis and says what it then lacks. */
  list(query: { limit: number; cursor?: string | undefined }): Promise<StuckList>;
  /** The causes of those that stand longest, and how many more there are. */
  summarise(limit: number): Promise<{ items: Array<Pick<WaitingFor, 'cause' | 'since'>>; more: number }>;
}

interface Deps {
  candidates: StuckCandidates;
  standstills: Standstills;
  database: Pick<Database, 'institutions' | 'assessments'>;
  guard: PostgresGuard;
}

const retryAction = { method: 'POST', path: '/v1/operations/retry' };

export function createStuckService({ candidates, standstills, database, guard }: Deps): StuckService {
  const explain = async (items: Candidate[], databaseUp: boolean) => {
    const open = items.flatMap((candidate) => {
      const job = jobOf(candidate);
      return job === null ? [] : [{ candidate, job, since: candidate.since }];
    });
    const explained = await standstills.explainMany(open);
    const whyOpen = (candidate: Candidate, index: number): WaitingFor | null => {
      if (explained === 'unknown') return queueAway(candidate.since);
      const isUnseen = candidate.source === 'spool' && !databaseUp;
      return explained[index] ?? (isUnseen ? databaseAway(candidate.since) : null);
    };
    const openReasons = new Map(open.map(({ candidate }, index) => [candidate, whyOpen(candidate, index)]));
    const whyOf = (candidate: Candidate) => (openReasons.has(candidate) ? (openReasons.get(candidate) ?? null) : endedWhy(candidate));
    return { found: items.map((candidate) => ({ candidate, why: whyOf(candidate) })), queueUp: explained !== 'unknown' };
  };

  /** Of an entry that has no row; one question for each institution and assessment of a page. */
  const nameEntries = async (items: Candidate[]) => {
    const manifests = items.map(manifestOf).filter((manifest) => manifest !== null);
    const names = new Map<string, string>();
    await guard.ask(async () => {
      for (const id of new Set(manifests.map(({ institutionId }) => institutionId)))
        names.set(id, (await database.institutions.find(id))?.name ?? '');
      for (const id of new Set(manifests.map(({ assessmentId }) => assessmentId)))
        names.set(id, (await database.assessments.find(id))?.title ?? '');
    });
    return names;
  };

  return {
    list: async (query) => {
      const { items, nextCursor, unknown } = await candidates.list(query);
      const [{ found, queueUp }, names] = await Promise.all([explain(items, !unknown.includes('database')), nameEntries(items)]);
      return {
        items: found.flatMap(({ candidate, why }) => (why === null ? [] : [present(candidate, why, names)])),
        nextCursor,
        unknown: [...unknown, ...(queueUp ? [] : ['queue' as const])],
      };
    },

    summarise: async (limit) => {
      const [{ items, unknown }, count] = await Promise.all([candidates.list({ limit }), candidates.count()]);
      const { found } = await explain(items, !unknown.includes('database'));
      return { items: found.flatMap(({ why }) => (why === null ? [] : [why])), more: Math.max(0, count - items.length) };
    },
  };
}

/** The job to ask for; null for what has ended or was set apart. */
function jobOf(candidate: Candidate): JobRef | null {
  if (candidate.source === 'quarantine') return null;
  if (candidate.source === 'spool') return lastJobOf[candidate.purpose](candidate.id, 1);
  const { kind, id, run, status } = candidate.row;
  return status === 'FAILED' ? null : lastJobOf[kind](id, run);
}

function endedWhy(candidate: Candidate): WaitingFor {
  const says = waitingSince(candidate.since);
  if (candidate.source === 'quarantine') {
    const next = `It was set apart: ${candidate.entry.reason} It stays so until an operator gives it back to the pipeline or removes it.`;
    return { ...says('QUARANTINED', next), action: retryAction };
  }
  const { kind, reasonCode, reasonDetail } = candidate.source === 'row' ? candidate.row : noReason;
  const because = reasonDetail === null || reasonDetail === '' ? '' : `${reasonDetail} `;
  // Its file is kept for as long as it is listed.
  const or = kind === 'question-paper' ? ', or uploads the paper again' : '';
  return { ...says(reasonCode ?? 'FAILED', `${because}It stays so until somebody tries it again${or}.`), action: retryAction };
}

const noReason: Pick<Standstill, 'kind' | 'reasonCode' | 'reasonDetail'> = { kind: 'submission', reasonCode: null, reasonDetail: null };

function manifestOf(candidate: Candidate) {
  if (candidate.source === 'row') return null;
  return candidate.source === 'spool' ? candidate.manifest : candidate.entry.manifest;
}

const kindOf = (purpose: UploadPurpose | undefined): StuckItem['kind'] => purpose ?? 'submission';

function present(candidate: Candidate, waitingFor: WaitingFor, names: Map<string, string>): StuckItem {
  if (candidate.source === 'row') {
    const { kind, id, institution, assessment, status } = candidate.row;
    return { kind, id, institution, assessment, status, waitingFor };
  }
  const manifest = manifestOf(candidate);
  const status = candidate.source === 'quarantine' ? 'QUARANTINED' : 'ACCEPTED';
  if (manifest === null) return { kind: 'upload', id: candidate.id, institution: null, assessment: null, status, waitingFor };
  const { institutionId, assessmentId } = manifest;
  return {
    kind: kindOf(manifest.purpose),
    id: candidate.id,
    institution: { id: institutionId, name: names.get(institutionId) || null },
    assessment: { id: assessmentId, title: names.get(assessmentId) || null },
    status,
    waitingFor,
  };
}

import { Prisma, type PrismaClient } from '../generated/client.ts';
import type { Submission } from './submissions.ts';

/** What the reconciler compares with the queue. */
export interface SubmissionState {
  id: string;
  run: number;
  status: Submission['status'];
  /** The originals are in the storage. */
  persisted: boolean;
  deleted: boolean;
}

type Packed = [id: string, run: number, status: SubmissionState['status'], persisted: boolean, deleted: boolean];

/** Ten thousand ids as one value: as an array each would be one for the client. */
export function toUuids(ids: string[]): Prisma.Sql {
  return Prisma.sql`string_to_array(${ids.join(',')}, ',')::uuid[]`;
}

/** One text for all rows: the client takes longer over ten thousand rows of five values than Postgres does. */
export async function listSubmissionStates(prisma: PrismaClient, ids: string[]): Promise<SubmissionState[]> {
  if (ids.length === 0) return [];
  const [row] = await prisma.$queryRaw<[{ packed: string }]>`
    SELECT COALESCE(json_agg(json_build_array(submission.id, submission.run, submission.status, COALESCE(persist.persisted, false),
      submission.deleted_at IS NOT NULL)), '[]')::text AS packed
    FROM submission
    LEFT JOIN submission_stage AS persist ON persist.submission_id = submission.id AND persist.name = 'persist'
    WHERE submission.id = ANY (${toUuids(ids)})`;
  const packed = JSON.parse(row.packed) as Packed[];
  return packed.map(([id, run, status, persisted, deleted]) => ({ id, run, status, persisted, deleted }));
}

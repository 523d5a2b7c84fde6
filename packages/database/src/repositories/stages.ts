import { type StageName, StageName as StageNames, type StageStatus } from '@gradeflow/contracts';
import type { Prisma, PrismaClient } from '../generated/client.ts';

export interface Stage {
  name: StageName;
  status: StageStatus;
  startedAt: Date | null;
  finishedAt: Date | null;
  attempts: number;
  reason: string | null;
}

/** Stages have no foreign key: the first steps may start before the row exists. */
export interface StageRepository {
  /** First start is kept; status ACTIVE; attempts = max(attempts, attempt). */
  start(submissionId: string, name: StageName, at: Date, attempt: number): Promise<void>;
  complete(submissionId: string, name: StageName, at: { startedAt: Date; finishedAt: Date }, attempt: number): Promise<void>;
  fail(submissionId: string, name: StageName, at: Date, reason: string, attempt: number): Promise<void>;
  /** Pages total and done of the extract stage; never falls. */
  setPages(submissionId: string, pages: { total?: number; done?: number }): Promise<void>;
  /** Always four, in order; WAITING where nothing is known. Also pages. */
  list(submissionId: string): Promise<{ stages: Stage[]; pagesTotal: number; pagesDone: number }>;
  listMany(submissionIds: string[]): Promise<Map<string, { stages: Stage[]; pagesTotal: number; pagesDone: number }>>;
}

interface Report {
  submissionId: string;
  name: StageName;
  status: StageStatus;
  attempt: number;
  /** When it happened. */
  since: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  reason: string | null;
}

type Stages = Awaited<ReturnType<StageRepository['list']>>;

/**
 * Reports of one step come late, twice and out of order (several workers, repeated jobs), and a job that was built anew counts its attempts from 1 again. So
 * neither the order of arrival nor the attempt alone decides:
 * - a report that weighs as much or more (WAITING < ACTIVE < FAILED < COMPLETED) wins, unless a later attempt reported a later time;
 * - one that weighs less wins only as a later attempt with a later time: a late start never takes back a completion.
 */
export function createStageRepository(prisma: PrismaClient): StageRepository {
  const put = async ({ submissionId, name, status, attempt, since, startedAt, finishedAt, reason }: Report) => {
    await prisma.$executeRaw`
      INSERT INTO submission_stage AS stage (submission_id, name, status, attempts, since, started_at, finished_at, reason)
      VALUES (${submissionId}::uuid, ${name}::stage_name, ${status}::stage_status, ${attempt}, ${since}, ${startedAt}, ${finishedAt}, ${reason})
      ON CONFLICT (submission_id, name) DO UPDATE SET
        (status, since, finished_at, reason) = (
          SELECT winner.status, winner.since, winner.finished_at, winner.reason
          FROM (VALUES
            (true, EXCLUDED.status, EXCLUDED.since, EXCLUDED.finished_at, EXCLUDED.reason),
            (false, stage.status, stage.since, stage.finished_at, stage.reason)
          ) AS winner (is_new, status, since, finished_at, reason)
          WHERE is_new = CASE WHEN EXCLUDED.status >= stage.status
            THEN NOT (stage.attempts > EXCLUDED.attempts AND stage.since >= EXCLUDED.since)
            ELSE EXCLUDED.attempts > stage.attempts AND EXCLUDED.since >= stage.since
          END
        ),
        started_at = LEAST(stage.started_at, EXCLUDED.started_at),
        attempts = GREATEST(stage.attempts, EXCLUDED.attempts)`;
  };

  const listMany = async (submissionIds: string[]): Promise<Map<string, Stages>> => {
    const rows = await prisma.submissionStage.findMany({ where: { submissionId: { in: submissionIds } } });
    const known = Map.groupBy(rows, (row) => row.submissionId);
    return new Map(submissionIds.map((id) => [id, toStages(known.get(id) ?? [])]));
  };

  return {
    start: (submissionId, name, at, attempt) =>
      put({ submissionId, name, status: 'ACTIVE', attempt, since: at, startedAt: at, finishedAt: null, reason: null }),
    complete: (submissionId, name, { startedAt, finishedAt }, attempt) =>
      put({ submissionId, name, status: 'COMPLETED', attempt, since: finishedAt, startedAt, finishedAt, reason: null }),
    fail: (submissionId, name, at, reason, attempt) =>
      put({ submissionId, name, status: 'FAILED', attempt, since: at, startedAt: null, finishedAt: at, reason }),

    async setPages(submissionId, { total = 0, done = 0 }) {
      await prisma.$executeRaw`
        INSERT INTO submission_stage AS stage (submission_id, name, status, pages_total, pages_done)
        VALUES (${submissionId}::uuid, 'extract', 'WAITING', ${total}, ${done})
        ON CONFLICT (submission_id, name) DO UPDATE SET
          pages_total = GREATEST(stage.pages_total, EXCLUDED.pages_total),
          pages_done = GREATEST(stage.pages_done, EXCLUDED.pages_done)`;
    },

    list: async (submissionId) => (await listMany([submissionId])).get(submissionId) ?? toStages([]),
    listMany,
  };
}

/** As if these steps had never begun; the pages that are known stay. */
export async function resetStages(tx: Prisma.TransactionClient, submissionId: string, names: StageName[]): Promise<void> {
  const reset = { status: 'WAITING', attempts: 0, since: new Date(0), startedAt: null, finishedAt: null, reason: null } as const;
  await tx.submissionStage.updateMany({ where: { submissionId, name: { in: names } }, data: reset });
}

function toStages(rows: Array<Stage & { pagesTotal: number; pagesDone: number }>): Stages {
  const stages = StageNames.options.map((name): Stage => {
    const row = rows.find((one) => one.name === name);
    if (!row) return { name, status: 'WAITING', startedAt: null, finishedAt: null, attempts: 0, reason: null };
    const { status, startedAt, finishedAt, attempts, reason } = row;
    return { name, status, startedAt, finishedAt, attempts, reason };
  });
  const extract = rows.find((row) => row.name === 'extract');
  return { stages, pagesTotal: extract?.pagesTotal ?? 0, pagesDone: extract?.pagesDone ?? 0 };
}

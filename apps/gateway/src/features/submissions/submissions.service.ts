import type { PatchSubmissionBody, SubmissionItem, SubmissionListQuery, SubmissionView } from '@gradeflow/contracts';
import {
  type Actor,
  type Assessment,
  type CurrentGrading,
  checkUpload,
  type Database,
  type Grading,
  hidesNames,
  type ModelUsage,
  type Submission,
} from '@gradeflow/database';
import { ConflictError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import { type Anonymity, anonymous, hidesNamesFrom, withoutNames } from '../../access/anonymity.ts';
import type { NameScreen } from '../../access/name-screen.ts';
import type { PostgresGuard } from '../../access/postgres-guard.ts';
import { type FoundSubmission, noSubmission } from '../../access/visibility.ts';
import { databaseAway, forStudent, lastJobOf, type Standstills } from '../standstill/standstills.ts';
import { spooledSubmission, waitingStages } from './spooled-submission.ts';
import { isWithheld, presentSubmission, presentSubmissionItem } from './submissions.presenter.ts';

interface ItemPage {
  items: Array<z.infer<typeof SubmissionItem>>;
  nextCursor: string | null;
}

export interface SubmissionService {
  view(actor: Actor, found: FoundSubmission): Promise<SubmissionView>;
  /** Throws ConflictError ANONYMOUS_MARKING when it is asked for a student's while names are hidden. */
  listOfAssessment(
    assessment: Assessment,
    query: SubmissionListQuery,
  ): Promise<ItemPage & { total: number; counts: Record<Submission['status'], number> }>;
  listOwn(actor: Actor, query: { limit: number; cursor?: string | undefined }): Promise<ItemPage>;
  /** Throws ConflictError NOT_RECORDED_YET before there is a row, ValidationError STUDENT_NOT_FOUND (422). */
  patch(actor: Actor, found: FoundSubmission, body: z.infer<typeof PatchSubmissionBody>): Promise<Submission>;
  /** Marks first, removes then: whatever of the pipeline still runs sees the mark and stops. */
  remove(id: string): Promise<void>;
  /** Makes the next run. Throws ConflictError NOT_FAILED. The same id again makes no other. */
  retry(actor: Actor, id: string, found: FoundSubmission): Promise<Submission>;
  /** Makes the next run, of grading alone. Throws ConflictError NOT_GRADED_YET. The same id again makes no other. */
  regrade(actor: Actor, id: string, found: FoundSubmission): Promise<Submission>;
  enqueue(kind: 'flow' | 'grading', submission: Submission): Promise<void>;
  /** Newest first; none for a student while the marks are withheld. A machine's with what its run asked of models, for whoever marks. */
  gradings(actor: Actor, found: FoundSubmission): Promise<Array<Grading & { modelUsage?: ModelUsage[] }>>;
}

interface Deps {
  database: Database;
  spool: Spool;
  storage: Storage;
  producer: JobProducer;
  guard: PostgresGuard;
  anonymity: Anonymity;
  standstills: Standstills;
}

export function createSubmissionService(deps: Deps): SubmissionService {
  const { database, producer, spool } = deps;
  const itemsOf = async (rows: Awaited<ReturnType<Database['submissions']['list']>>, hideMarks: (row: Submission) => boolean) => {
    const progress = await database.stages.listMany(rows.items.map((row) => row.id));
    return rows.items.map((row) => presentSubmissionItem(row, progress.get(row.id), hideMarks(row)));
  };

  /** Whether an earlier attempt of the same call has begun a run of this submission. */
  const wasDone = async (id: string, row: Submission) => (await database.audit.find(id))?.subjectId === row.id;

  return {
    view: (actor, found) => view(deps, actor, found),

    listOfAssessment: async (assessment, { studentId, ...query }) => {
      const hideNames = hidesNames(assessment);
      if (studentId !== undefined && hideNames) throw anonymous();
      const page = await database.submissions.list({
        ...query,
        ...(studentId === undefined ? {} : { studentId }),
        assessmentId: assessment.id,
        hideNames,
      });
      const items = hideNames ? page.items.map(withoutNames) : page.items;
      return { items: await itemsOf({ ...page, items }, () => false), nextCursor: page.nextCursor, total: page.total, counts: page.counts };
    },

    listOwn: async (actor, query) => {
      const page = await database.submissions.list({ ...query, studentId: actor.userId, sort: '-createdAt' });
      const ids = [...new Set(page.items.map((row) => row.assessmentId))];
      const assessments = await Promise.all(ids.map((id) => database.assessments.find(id)));
      const withheld = new Set(ids.filter((_, index) => isWithheld(assessments[index] ?? null)));
      return { items: await itemsOf(page, (row) => withheld.has(row.assessmentId)), nextCursor: page.nextCursor };
    },

    patch: async (actor, found, body) => {
      const row = recorded(found);
      if (body.studentId) {
        const refusal = await checkUpload(database, actor, await database.assessments.find(row.assessmentId), body.studentId);
        if (refusal) throw refusal;
      }
      const given = {
        ...(body.studentId === undefined ? {} : { studentId: body.studentId }),
        ...(body.label === undefined ? {} : { label: body.label || null }),
      };
      const changed = await database.submissions.update(row.id, given);
      // Which fields, not what they say: a label may be a name.
      const { institutionId, assessmentId } = row;
      const subject = { subjectType: 'submission', subjectId: row.id, assessmentId };
      const fields = Object.keys(given);
      await database.audit.insert({
        id: uuidv7(),
        institutionId,
        actorId: actor.userId,
        action: 'submission.changed',
        ...subject,
        data: { fields },
      });
      return changed;
    },

    remove: (id) => remove(deps, id),

    retry: async (actor, id, { row }) => {
      if (row && (await wasDone(id, row))) return row;
      const event = { id, by: actor.userId, action: 'submission.retried' } as const;
      const stages = ['extract', 'persist', 'record', 'grade'] as const;
      const next = row && (await database.submissions.nextRun(row.id, { fromFailed: true, stages: [...stages], event }));
      if (!next) throw new ConflictError({ code: 'NOT_FAILED', detail: 'Only a submission that has failed can be tried again.' });
      // A person wants it: files in quarantine get as many tries as at first.
      await spool.forgetCrashes(next.id);
      return next;
    },

    regrade: async (actor, id, { row }) => {
      if (row && (await wasDone(id, row))) return row;
      const graded = row?.status === 'GRADED' || row?.status === 'NEEDS_REVIEW';
      const event = { id, by: actor.userId, action: 'submission.regraded' } as const;
      const next = graded ? await database.submissions.nextRun(row.id, { fromFailed: false, stages: ['grade'], event }) : null;
      if (!next) throw new ConflictError({ code: 'NOT_GRADED_YET', detail: 'This submission has not been graded yet.' });
      return next;
    },

    enqueue: (kind, { id, run, institutionId, pagesTotal }) =>
      kind === 'flow'
        ? producer.enqueueSubmission({ submissionId: id, run, share: { institutionId, pages: pagesTotal } })
        : producer.enqueueGrading({ submissionId: id, run, share: { institutionId } }),

    gradings: async (actor, { row }) => {
      if (!row) return [];
      if (actor.role === 'STUDENT' && isWithheld(await database.assessments.find(row.assessmentId))) return [];
      const [screen, gradings, usage] = await Promise.all([
        deps.anonymity.screen(actor, row),
        database.gradings.list(row.id),
        actor.role === 'STUDENT' ? null : database.modelSpending.listUsage(row.id),
      ]);
      return gradings.map((grading) => ({
        ...grading,
        ...(screen && { questions: grading.questions.map(screen.result) }),
        ...(usage && grading.grader !== 'human' && { modelUsage: usage.filter(({ run }) => run === grading.run) }),
      }));
    },
  };
}

/** The row. Throws ConflictError NOT_RECORDED_YET before there is one. */
export function recorded(found: FoundSubmission): Submission {
  if (found.row) return found.row;
  throw new ConflictError({ code: 'NOT_RECORDED_YET', detail: 'This upload has just arrived; try again in a moment.' });
}

async function view(
  { database, spool, guard, anonymity, standstills }: Deps,
  actor: Actor,
  found: FoundSubmission,
): Promise<SubmissionView> {
  if (!found.row) {
    const pagesDone = (await spool.listPages(found.manifest.submissionId)).length;
    const spooled = spooledSubmission(found.manifest, pagesDone);
    const submission = (await anonymity.hides(actor, spooled.assessmentId)) ? withoutNames(spooled) : spooled;
    const asked = await guard.ask(() => database.stages.list(submission.id));
    const progress = asked.answered ? asked.value : { stages: waitingStages(), pagesTotal: 0, pagesDone: 0 };
    const { stages } = progress;
    const why = asked.answered
      ? await standstills.explain({ job: lastJobOf.submission(submission.id, submission.run), updatedAt: submission.updatedAt, stages })
      : databaseAway(submission.updatedAt);
    const standstill = actor.role === 'STUDENT' ? forStudent(why) : why;
    return presentSubmission({ submission, progress, grading: null, assessment: null, reader: actor.role, standstill });
  }
  const { id, status, assessmentId, run, updatedAt } = found.row;
  const underWay = status === 'RECEIVED' || status === 'PROCESSING';
  const [stages, grading, assessment, spooled] = await Promise.all([
    database.stages.list(id),
    database.gradings.findCurrent(id),
    database.assessments.find(assessmentId),
    underWay ? spool.listPages(id) : [],
  ]);
  // Pages that were read while Postgres was away are known to the spool alone; without them the percentage would fall.
  const progress = { ...stages, pagesDone: Math.max(stages.pagesDone, spooled.length) };
  const why = underWay ? await standstills.explain({ job: lastJobOf.submission(id, run), updatedAt, stages: stages.stages }) : null;
  const standstill = actor.role === 'STUDENT' ? forStudent(why) : why;
  const parts = { progress, assessment, reader: actor.role, standstill };
  if (!assessment || !hidesNamesFrom(actor, assessment)) return presentSubmission({ submission: found.row, grading, ...parts });
  const screen = await anonymity.screen(actor, found.row);
  const screened = grading && screen ? withoutNamesIn(grading, screen) : grading;
  return presentSubmission({ submission: withoutNames(found.row), grading: screened, ...parts });
}

function withoutNamesIn(grading: CurrentGrading, screen: NameScreen): CurrentGrading {
  return { ...grading, questions: grading.questions.map(screen.result), unassigned: screen.unassigned(grading.unassigned) };
}

async function remove({ database, spool, storage }: Deps, named: string): Promise<void> {
  // Paths of files are made of it, and an id is the same in capitals.
  const id = named.toLowerCase();
  // Asked first, so that nothing is half deleted while Postgres is away.
  const row = await database.submissions.find(id);
  if (!row && !(await spool.findManifest(id))) throw noSubmission();
  await spool.markDeleted(id);
  // The row may have appeared since.
  if (row ?? (await database.submissions.find(id))) await database.submissions.markDeleted(id);
  await storage.removeAll(storageKeys.submission(id));
}

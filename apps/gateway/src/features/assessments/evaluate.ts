import type { EvaluateAnswer } from '@gradeflow/contracts';
import type { Actor, Assessment, Database } from '@gradeflow/database';
import type { JobProducer, SubmissionWork } from '@gradeflow/queue';

export interface Evaluation {
  /**
   * Begins the next run of all graded submissions of the assessment, or of the named ones; names those that cannot be graded again now. The same id again
   * begins nothing more.
   */
  start(
    actor: Actor,
    assessment: Assessment,
    id: string,
    submissionIds: string[] | undefined,
  ): Promise<EvaluateAnswer & { runs: SubmissionWork[] }>;
  /** Hands the runs to grading; what is not handed over, the reconciler finds. */
  enqueue(runs: SubmissionWork[]): Promise<void>;
}

interface Deps {
  database: Database;
  producer: JobProducer;
}

/** Grading again in bulk. Each submission's status shows how far it is. */
export function createEvaluation({ database, producer }: Deps): Evaluation {
  return {
    start: async (actor, assessment, eventId, submissionIds) => {
      const ids = submissionIds && [...new Set(submissionIds)];
      const earlier = await database.audit.find(eventId);
      if (earlier) {
        const conflicts = await explain(database, assessment, ids ?? []);
        // Which are busy with this very run, and which were before it, is not known any more; the reconciler has what was begun.
        const own = conflicts.filter(({ code }) => code !== 'SUBMISSION_BUSY');
        return { accepted: Number(earlier.data.submissions), conflicts: own, runs: [] };
      }
      const started = await database.rubrics.regradeMany(assessment.id, ids ?? null, { id: eventId, by: actor.userId });
      const share = { institutionId: assessment.institutionId };
      const runs = started.map(({ id, run }) => ({ submissionId: id, run, share }));
      const begun = new Set(started.map(({ id }) => id));
      const conflicts = await explain(
        database,
        assessment,
        (ids ?? []).filter((id) => !begun.has(id)),
      );
      return { accepted: started.length, conflicts, runs };
    },

    enqueue: async (runs) => {
      for (const run of runs) await producer.enqueueGrading(run);
    },
  };
}

async function explain(database: Database, assessment: Assessment, ids: string[]): Promise<EvaluateAnswer['conflicts']> {
  if (ids.length === 0) return [];
  const rows = new Map((await database.submissions.findMany(ids)).map((row) => [row.id, row]));
  return ids.map((submissionId) => {
    const row = rows.get(submissionId);
    if (row?.assessmentId !== assessment.id || row.institutionId !== assessment.institutionId)
      return { submissionId, code: 'SUBMISSION_NOT_FOUND', detail: 'The assessment has no such submission.' };
    if (row.status === 'FAILED') return { submissionId, code: 'NOT_GRADED_YET', detail: 'It has failed: retry it first.' };
    return { submissionId, code: 'SUBMISSION_BUSY', detail: 'It is being read or graded already.' };
  });
}

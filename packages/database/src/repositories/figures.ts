import { SubmissionStatus } from '@gradeflow/contracts';
import type { Actor } from '../access.ts';
import { namesAreHidden } from '../anonymity.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { withCurrentMarks } from './submission-list.ts';
import { ofAssessment, type SubmissionRow, selectSubmissions, toSubmission } from './submission-rows.ts';
import type { Submission } from './submissions.ts';
import { visibleAssessments, visibleSubmissions } from './visible-assessments.ts';

export interface DashboardFigures {
  assessments: number;
  submissions: Record<SubmissionStatus, number>;
  /** Questions that wait for a person. */
  reviewsOpen: number;
  /** Submissions that a machine or a person has graded since the day began, UTC. */
  gradedToday: number;
  /** Newest first. */
  recent: Array<
    Submission & {
      score: number | null;
      maxScore: number | null;
      minConfidence: number | null;
      reviews: number;
      /** Of its assessment. */
      withheld: boolean;
      /** Anonymous marking is under way. */
      namesHidden: boolean;
    }
  >;
}

/** What counts now of one assessment, as item analysis wants it. */
export interface AssessmentFigures {
  counts: Record<SubmissionStatus, number>;
  /** Sums of the graded submissions. */
  totals: Array<{ submissionId: string; score: number; maxScore: number }>;
  /** One a graded submission and question. */
  results: Array<{ submissionId: string; questionId: string; score: number; maxScore: number }>;
}

export interface FiguresRepository {
  /** Over all that this person may see; for students their own submissions. */
  findDashboard(actor: Actor, recent: number): Promise<DashboardFigures>;
  findAssessmentFigures(assessmentId: string): Promise<AssessmentFigures>;
}

type Recent = SubmissionRow & { score: number | null; maxScore: number | null; minConfidence: number | null; reviews: number } & {
  withheld: boolean;
  namesHidden: boolean;
};

export function createFiguresRepository(prisma: PrismaClient): FiguresRepository {
  return {
    findDashboard: async (actor, recent) => {
      const assessments = visibleAssessments(actor);
      const submissions = Prisma.sql`${assessments} AND ${visibleSubmissions(actor)}`;
      const joined = Prisma.sql`FROM submission JOIN assessment ON assessment.id = submission.assessment_id`;
      const [[count], statuses, [graded], rows] = await Promise.all([
        prisma.$queryRaw<[{ count: number }]>`SELECT count(*)::int AS count FROM assessment WHERE ${assessments}`,
        prisma.$queryRaw<Array<{ status: SubmissionStatus; count: number; reviews: number }>>`
          SELECT submission.status::text AS status, count(*)::int AS count, sum(submission.reviews)::int AS reviews ${joined} WHERE ${submissions}
          GROUP BY submission.status`,
        prisma.$queryRaw<[{ count: number }]>`
          SELECT count(DISTINCT submission.id)::int AS count ${joined} JOIN grading ON grading.submission_id = submission.id
          WHERE ${submissions} AND grading.created_at >= date_trunc('day', now(), 'UTC')`,
        prisma.$queryRaw<Recent[]>`
          ${selectSubmissions(withAssessment)} ${submissions} ORDER BY submission.created_at DESC, submission.id DESC LIMIT ${recent}`,
      ]);
      return {
        assessments: count.count,
        submissions: countsOf(statuses),
        reviewsOpen: statuses.reduce((sum, row) => sum + (row.status === 'NEEDS_REVIEW' ? row.reviews : 0), 0),
        gradedToday: graded.count,
        recent: rows.map(({ score, maxScore, minConfidence, reviews, withheld, namesHidden, ...row }) => ({
          ...toSubmission(row),
          ...{ score, maxScore, minConfidence, reviews, withheld, namesHidden },
        })),
      };
    },

    findAssessmentFigures: async (assessmentId) => {
      const graded = Prisma.sql`${ofAssessment(assessmentId)} AND submission.status IN ('GRADED', 'NEEDS_REVIEW') AND submission.score IS NOT NULL`;
      const [statuses, totals, results] = await Promise.all([
        prisma.$queryRaw<Array<{ status: SubmissionStatus; count: number }>>`
          SELECT submission.status::text AS status, count(*)::int AS count FROM submission WHERE ${ofAssessment(assessmentId)} GROUP BY submission.status`,
        prisma.$queryRaw<AssessmentFigures['totals']>`
          SELECT submission.id AS "submissionId", submission.score, submission.max_score AS "maxScore" FROM submission WHERE ${graded} ORDER BY submission.id`,
        prisma.$queryRaw<AssessmentFigures['results']>`
          SELECT current.submission_id AS "submissionId", current.question_id AS "questionId", current.score, current.max_score AS "maxScore"
          FROM question_result AS current JOIN submission ON submission.id = current.submission_id WHERE ${graded} ORDER BY current.submission_id, current.position`,
      ]);
      return { counts: countsOf(statuses), totals, results };
    },
  };
}

const withAssessment = {
  columns: Prisma.sql`${withCurrentMarks.columns}, ${namesAreHidden} AS "namesHidden", assessment.release = 'MANUAL' AND assessment.released_at IS NULL AS withheld`,
  joins: Prisma.sql`JOIN assessment ON assessment.id = submission.assessment_id`,
};

function countsOf(rows: ReadonlyArray<{ status: SubmissionStatus; count: number }>): Record<SubmissionStatus, number> {
  const none = Object.fromEntries(SubmissionStatus.options.map((status) => [status, 0])) as Record<SubmissionStatus, number>;
  return { ...none, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
}

import type { AssessmentSummary, DashboardAnswer } from '@gradeflow/contracts';
import type { Actor, Assessment, Database } from '@gradeflow/database';
import { withoutNames } from '../../access/anonymity.ts';
import { presentSubmissionItem } from '../submissions/submissions.presenter.ts';
import { summarise } from './summarise.ts';

export interface FiguresService {
  dashboard(actor: Actor): Promise<DashboardAnswer>;
  summary(assessment: Assessment): Promise<AssessmentSummary>;
}

const recentItems = 10;

export function createFiguresService({ database }: { database: Database }): FiguresService {
  return {
    dashboard: async (actor) => {
      const figures = await database.figures.findDashboard(actor, recentItems);
      const progress = await database.stages.listMany(figures.recent.map(({ id }) => id));
      const isStudent = actor.role === 'STUDENT';
      const recent = figures.recent.map((row) =>
        presentSubmissionItem(row.namesHidden && !isStudent ? withoutNames(row) : row, progress.get(row.id), isStudent && row.withheld),
      );
      const { assessments, submissions, reviewsOpen, gradedToday } = figures;
      return { assessments, submissions, reviewsOpen: isStudent ? 0 : reviewsOpen, gradedToday, recent };
    },

    summary: async (assessment) => {
      const [figures, version] = await Promise.all([
        database.figures.findAssessmentFigures(assessment.id),
        database.assessments.findQuestions(assessment.id),
      ]);
      return summarise(figures, version?.questions ?? []);
    },
  };
}

import type { PaperAnalysis, QuestionPaperView, WaitingFor } from '@gradeflow/contracts';
import type { QuestionPaper } from '@gradeflow/database';

/** Everything that one view is made of. */
export interface QuestionPaperParts {
  paper: Omit<QuestionPaper, 'institutionId' | 'createdBy' | 'contentHash' | 'files' | 'run'>;
  pagesDone: number;
  /** Why it does not move, while it is being read. */
  standstill: WaitingFor | null;
}

const nothing: PaperAnalysis = { proposals: [], sections: [], choices: [], total: { stated: null, sum: null } };

/** A question paper as clients see it. */
export function presentQuestionPaper({ paper, standstill, pagesDone }: QuestionPaperParts): QuestionPaperView {
  const isRead = paper.analysis !== null;
  const done = isRead ? paper.pagesTotal : Math.min(paper.pagesTotal, pagesDone);
  return {
    id: paper.id,
    assessmentId: paper.assessmentId,
    label: paper.label,
    status: paper.status,
    reason: paper.status === 'FAILED' ? { code: paper.reasonCode ?? 'FAILED', detail: paper.reasonDetail ?? '' } : null,
    // 5 for the accepted upload, 90 by pages, the rest with the proposals: it never falls.
    progress: {
      percent: isRead ? 100 : Math.floor(5 + 90 * (done / paper.pagesTotal)),
      pagesDone: done,
      pagesTotal: paper.pagesTotal,
    },
    waitingFor: waitingFor(paper, standstill),
    ...(paper.analysis ?? nothing),
    rubricVersion: paper.confirmedVersion,
    createdAt: paper.createdAt.toISOString(),
    originalName: paper.originalName,
    bytes: paper.bytes,
  };
}

function waitingFor(paper: QuestionPaperParts['paper'], standstill: WaitingFor | null): WaitingFor | null {
  const since = paper.updatedAt.toISOString();
  switch (paper.status) {
    case 'CONFIRMED':
      return null;
    case 'READY':
      return {
        cause: 'CONFIRMATION',
        since,
        next: 'A teacher checks the proposed questions and confirms them.',
        nextAt: null,
        action: { method: 'POST', path: `/v1/question-papers/${paper.id}/confirm` },
      };
    case 'FAILED':
      return {
        cause: paper.reasonCode ?? 'FAILED',
        since,
        next: 'It stays so; upload the paper again.',
        nextAt: null,
        action: { method: 'POST', path: `/v1/assessments/${paper.assessmentId}/question-paper` },
      };
    default:
      return standstill;
  }
}

import type { AssessmentView } from '@gradeflow/contracts';
import type { Assessment } from '@gradeflow/database';

/** An assessment as clients see it. */
export function presentAssessment(assessment: Assessment): AssessmentView {
  return {
    id: assessment.id,
    title: assessment.title,
    courseId: assessment.courseId,
    languages: assessment.languages,
    anonymous: assessment.anonymous,
    release: assessment.release,
    reviewBelow: assessment.reviewBelow,
    sampleShare: assessment.sampleShare,
    regradeUntil: assessment.regradeUntil?.toISOString() ?? null,
    rubricVersion: assessment.rubricVersion,
    maxScore: assessment.maxScore,
    releasedAt: assessment.releasedAt?.toISOString() ?? null,
    createdAt: assessment.createdAt.toISOString(),
    updatedAt: assessment.updatedAt.toISOString(),
  };
}

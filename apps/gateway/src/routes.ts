import { activityEndpoints } from './features/activity/activity.endpoints.ts';
import { answerGroupEndpoints } from './features/answer-groups/answer-groups.endpoints.ts';
import { apiKeyEndpoints } from './features/api-keys/api-keys.endpoints.ts';
import { assessmentEndpoints } from './features/assessments/assessments.endpoints.ts';
import { questionFileEndpoints } from './features/assessments/question-files.endpoints.ts';
import { questionEndpoints } from './features/assessments/questions.endpoints.ts';
import { releaseEndpoints } from './features/assessments/release.endpoints.ts';
import { rubricEndpoints } from './features/assessments/rubrics.endpoints.ts';
import { accountEndpoints } from './features/auth/accounts.endpoints.ts';
import { authEndpoints } from './features/auth/auth.endpoints.ts';
import { sessionEndpoints } from './features/auth/sessions.endpoints.ts';
import { correctionEndpoints } from './features/corrections/corrections.endpoints.ts';
import { courseEndpoints } from './features/courses/courses.endpoints.ts';
import { rosterEndpoints } from './features/courses/roster.endpoints.ts';
import { dashboardEndpoints } from './features/dashboard/dashboard.endpoints.ts';
import { decisionEndpoints } from './features/decisions/decisions.endpoints.ts';
import { spreadEndpoints } from './features/decisions/spread.endpoints.ts';
import { institutionEndpoints } from './features/institutions/institutions.endpoints.ts';
import { metaEndpoints } from './features/meta/meta.endpoints.ts';
import { notificationEndpoints } from './features/notifications/notifications.endpoints.ts';
import { operationsEndpoints } from './features/operations/operations.endpoints.ts';
import { stuckEndpoints } from './features/operations/stuck.endpoints.ts';
import { peopleEndpoints } from './features/people/people.endpoints.ts';
import { presenceEndpoints } from './features/presence/presence.endpoints.ts';
import { profileEndpoints } from './features/profile/profile.endpoints.ts';
import { questionBankEndpoints } from './features/question-banks/question-banks.endpoints.ts';
import { questionPaperEndpoints } from './features/question-papers/question-papers.endpoints.ts';
import { regradeRequestEndpoints } from './features/regrade-requests/regrade-requests.endpoints.ts';
import { reportEndpoints } from './features/reports/reports.endpoints.ts';
import { answerEndpoints } from './features/reviews/answers.endpoints.ts';
import { reviewEndpoints } from './features/reviews/reviews.endpoints.ts';
import { roomEndpoints } from './features/rooms/rooms.endpoints.ts';
import { searchEndpoints } from './features/search/search.endpoints.ts';
import { shareLinkEndpoints } from './features/share-links/share-links.endpoints.ts';
import { snippetEndpoints } from './features/snippets/snippets.endpoints.ts';
import { submissionFileEndpoints } from './features/submissions/submission-files.endpoints.ts';
import { submissionEndpoints } from './features/submissions/submissions.endpoints.ts';
import { trayEndpoints } from './features/tray/tray.endpoints.ts';
import { resumableUploadEndpoints } from './features/uploads/uploads.endpoints.ts';
import type { Endpoint } from './http/define-endpoint.ts';

/** Every endpoint there is. What is mounted, documented and tested for access is this list. */
export const routes: readonly Endpoint[] = [
  ...authEndpoints,
  ...accountEndpoints,
  ...sessionEndpoints,
  ...apiKeyEndpoints,
  ...metaEndpoints,
  ...courseEndpoints,
  ...rosterEndpoints,
  ...assessmentEndpoints,
  ...questionEndpoints,
  ...questionPaperEndpoints,
  ...rubricEndpoints,
  ...releaseEndpoints,
  ...questionFileEndpoints,
  ...questionBankEndpoints,
  ...submissionEndpoints,
  ...decisionEndpoints,
  ...correctionEndpoints,
  ...regradeRequestEndpoints,
  ...reviewEndpoints,
  ...answerEndpoints,
  ...answerGroupEndpoints,
  ...spreadEndpoints,
  ...snippetEndpoints,
  ...submissionFileEndpoints,
  ...shareLinkEndpoints,
  ...roomEndpoints,
  ...presenceEndpoints,
  ...trayEndpoints,
  ...resumableUploadEndpoints,
  ...institutionEndpoints,
  ...reportEndpoints,
  ...notificationEndpoints,
  ...activityEndpoints,
  ...dashboardEndpoints,
  ...profileEndpoints,
  ...searchEndpoints,
  ...operationsEndpoints,
  ...stuckEndpoints,
  // Below whatever begins with /v1/users/me: `:id` would take it.
  ...peopleEndpoints,
];

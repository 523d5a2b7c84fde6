import { PrismaPg } from '@prisma/adapter-pg';
import { announceWrites } from './announce-writes.ts';
import { PrismaClient } from './generated/client.ts';
import { createPing } from './ping.ts';
import { createPool, transactionLimits } from './pool.ts';
import { type RecordedEvent, tellRecord } from './put-on-record.ts';
import { createActivityRepository } from './repositories/activity.ts';
import { createAnswerGroupRepository } from './repositories/answer-groups.ts';
import { createAnswerRepository } from './repositories/answers.ts';
import { createApiKeyRepository } from './repositories/api-keys.ts';
import { createAssessmentRepository } from './repositories/assessments.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createCacheEpochRepository } from './repositories/cache-epochs.ts';
import { createCorrectionRepository } from './repositories/corrections.ts';
import { createCourseRecordRepository } from './repositories/course-records.ts';
import { createCourseRepository } from './repositories/courses.ts';
import { createDecisionBatchRepository } from './repositories/decision-batches.ts';
import { createFiguresRepository } from './repositories/figures.ts';
import { createGradingRepository } from './repositories/gradings.ts';
import { createIdempotencyKeyRepository } from './repositories/idempotency-keys.ts';
import { createInstitutionRepository } from './repositories/institutions.ts';
import { createLeaseRepository } from './repositories/leases.ts';
import { createModelDecisionRepository } from './repositories/model-decisions.ts';
import { createModelSpendingRepository } from './repositories/model-spending.ts';
import { createNotificationRepository } from './repositories/notifications.ts';
import { createPageRepository } from './repositories/pages.ts';
import { createPeopleRepository } from './repositories/people.ts';
import { createProfileRepository } from './repositories/profiles.ts';
import { createQuestionBankRepository } from './repositories/question-banks.ts';
import { createQuestionPaperRepository } from './repositories/question-papers.ts';
import { createRefreshFamilyRepository } from './repositories/refresh-families.ts';
import { createRegradeRequestRepository } from './repositories/regrade-requests.ts';
import { createReleaseRepository } from './repositories/releases.ts';
import { createReportRepository } from './repositories/reports.ts';
import { createReviewRepository } from './repositories/reviews.ts';
import { createRoomRepository } from './repositories/rooms.ts';
import { createRosterRepository } from './repositories/rosters.ts';
import { createRubricRepository } from './repositories/rubrics.ts';
import { createSearchRepository } from './repositories/search.ts';
import { createSessionRepository } from './repositories/sessions.ts';
import { createShareLinkRepository } from './repositories/share-links.ts';
import { createSnippetRepository } from './repositories/snippets.ts';
import { createStageRepository } from './repositories/stages.ts';
import { createStandstillRepository } from './repositories/standstills.ts';
import { createSubmissionRepository } from './repositories/submissions.ts';
import { createUserRepository } from './repositories/users.ts';
import { createVisibleRepository } from './repositories/visible.ts';
import { toAppError } from './to-app-error.ts';
import type { Database } from './types.ts';

/**
 * All tables of one Postgres as repositories; connects at the first call, so it can be made while Postgres is down. Every call ends within seconds.
 * Errors: UnavailableError POSTGRES_UNAVAILABLE (retryable; a write may have happened all the same), ConflictError ALREADY_EXISTS or
 * REFERENCE_NOT_FOUND, NotFoundError `<NOUN>_NOT_FOUND`, and those that the repositories' types name.
 */
export function createDatabase(options: {
  url: string;
  applicationName?: string;
  /** Told what each write changed, as the tags of cached answers, before the write resolves. */
  onWrite?: (tags: string[]) => Promise<void>;
  /** Told what each write has put on record, after the commit. Must not throw. */
  onRecord?: (events: RecordedEvent[]) => void;
}): Database {
  const { url, applicationName = 'gradeflow', onWrite, onRecord } = options;
  const pool = createPool(url, applicationName);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: transactionLimits, errorFormat: 'minimal' });
  let closed: Promise<void> | undefined;
  const database: Database = {
    users: withAppErrors(createUserRepository(prisma), 'user'),
    institutions: withAppErrors(createInstitutionRepository(prisma), 'institution'),
    courses: withAppErrors(createCourseRepository(prisma), 'course'),
    refreshFamilies: withAppErrors(createRefreshFamilyRepository(prisma), 'session'),
    assessments: withAppErrors(createAssessmentRepository(prisma), 'assessment'),
    rubrics: withAppErrors(createRubricRepository(prisma), 'rubric'),
    submissions: withAppErrors(createSubmissionRepository(prisma), 'submission'),
    stages: withAppErrors(createStageRepository(prisma), 'stage'),
    gradings: withAppErrors(createGradingRepository(prisma), 'grading'),
    pages: withAppErrors(createPageRepository(prisma), 'page'),
    questionPapers: withAppErrors(createQuestionPaperRepository(prisma), 'question_paper'),
    reviews: withAppErrors(createReviewRepository(prisma), 'claim'),
    answers: withAppErrors(createAnswerRepository(prisma), 'answer'),
    answerGroups: withAppErrors(createAnswerGroupRepository(prisma), 'answer'),
    decisionBatches: withAppErrors(createDecisionBatchRepository(prisma), 'batch'),
    snippets: withAppErrors(createSnippetRepository(prisma), 'snippet'),
    activity: withAppErrors(createActivityRepository(prisma), 'event'),
    audit: withAppErrors(createAuditRepository(prisma), 'event'),
    notifications: withAppErrors(createNotificationRepository(prisma), 'grading'),
    reports: withAppErrors(createReportRepository(prisma), 'report'),
    idempotencyKeys: withAppErrors(createIdempotencyKeyRepository(prisma), 'key'),
    courseRecords: withAppErrors(createCourseRecordRepository(prisma), 'course'),
    rosters: withAppErrors(createRosterRepository(prisma), 'roster'),
    people: withAppErrors(createPeopleRepository(prisma), 'user'),
    sessions: withAppErrors(createSessionRepository(prisma), 'session'),
    apiKeys: withAppErrors(createApiKeyRepository(prisma), 'api_key'),
    visible: withAppErrors(createVisibleRepository(prisma), 'id'),
    rooms: withAppErrors(createRoomRepository(prisma), 'room'),
    shareLinks: withAppErrors(createShareLinkRepository(prisma), 'share_link'),
    modelSpending: withAppErrors(createModelSpendingRepository(prisma), 'usage'),
    modelDecisions: withAppErrors(createModelDecisionRepository(prisma), 'decision'),
    regradeRequests: withAppErrors(createRegradeRequestRepository(prisma), 'regrade_request'),
    releases: withAppErrors(createReleaseRepository(prisma), 'assessment'),
    corrections: withAppErrors(createCorrectionRepository(prisma), 'submission'),
    cacheEpochs: withAppErrors(createCacheEpochRepository(prisma), 'epoch'),
    leases: withAppErrors(createLeaseRepository(prisma), 'lease'),
    profiles: withAppErrors(createProfileRepository(prisma), 'user'),
    figures: withAppErrors(createFiguresRepository(prisma), 'figure'),
    questionBanks: withAppErrors(createQuestionBankRepository(prisma), 'question_bank'),
    search: withAppErrors(createSearchRepository(prisma), 'search'),
    standstills: withAppErrors(createStandstillRepository(prisma), 'standstill'),
    together: (work) => work(database),
    ping: createPing(async () => {
      await pool.query('SELECT 1');
    }),
    close: () => {
      closed ??= prisma.$disconnect().then(() => pool.end());
      return closed;
    },
  };
  const recording = onRecord ? tellRecord(database, onRecord) : database;
  return onWrite ? announceWrites(recording, prisma, onWrite) : recording;
}

/** The same repository, whose methods reject with Gradeflow's errors. */
function withAppErrors<Repository extends object>(repository: Repository, noun: string): Repository {
  const entries = Object.entries(repository).map(([name, method]) => [
    name,
    (...args: unknown[]) =>
      (method as (...args: unknown[]) => Promise<unknown>)(...args).catch((error: unknown) => {
        throw toAppError(error, noun);
      }),
  ]);
  return Object.fromEntries(entries) as Repository;
}

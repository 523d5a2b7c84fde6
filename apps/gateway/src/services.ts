import type { Database } from '@gradeflow/database';
import type { Logger } from '@gradeflow/logger';
import type { BoardQueues, JobProducer } from '@gradeflow/queue';
import type { ReadingPool } from '@gradeflow/reading';
import type { Redis } from '@gradeflow/redis';
import type { Spool } from '@gradeflow/spool';
import type { Storage } from '@gradeflow/storage';
import type { Registry } from '@gradeflow/telemetry';
import { type Anonymity, createAnonymity } from './access/anonymity.ts';
import { createPostgresGuard } from './access/postgres-guard.ts';
import { createVisibility, type Visibility } from './access/visibility.ts';
import { createAccessTokens } from './auth/access-token.ts';
import { createOperators, type Operators } from './auth/operators.ts';
import { createPasswords } from './auth/passwords.ts';
import { createRevocations } from './auth/revocations.ts';
import { type AssessmentService, createAssessmentService } from './features/assessments/assessments.service.ts';
import { createEvaluation, type Evaluation } from './features/assessments/evaluate.ts';
import { createReleases, type Releases } from './features/assessments/release.ts';
import { type AuthService, createAuthService } from './features/auth/auth.service.ts';
import { type CorrectionService, createCorrectionService } from './features/corrections/corrections.service.ts';
import { createDecisionService, type DecisionService } from './features/decisions/decisions.service.ts';
import { queueDepthMetrics } from './features/operations/queue-metrics.ts';
import { createReadiness, type Readiness } from './features/operations/readiness.ts';
import { createPageImages } from './features/pages/page-images.ts';
import { createQuestionPaperService, type QuestionPaperService } from './features/question-papers/question-papers.service.ts';
import { createRegradeRequestService, type RegradeRequestService } from './features/regrade-requests/regrade-requests.service.ts';
import { createReportService, type ReportService } from './features/reports/reports.service.ts';
import { type AnswerService, createAnswerService } from './features/reviews/answers.service.ts';
import { createReviewService, type ReviewService } from './features/reviews/reviews.service.ts';
import { createSubmissionFiles, type SubmissionFiles } from './features/submissions/submission-files.ts';
import { createSubmissionService, type SubmissionService } from './features/submissions/submissions.service.ts';
import { createUploadService, type UploadService } from './features/submissions/upload.service.ts';
import { createResumableUploads, type ResumableUploads } from './features/uploads/resumable.service.ts';
import { type Authenticate, createAuthenticate } from './http/authenticate.ts';
import { type Background, createBackground } from './http/background.ts';
import type { UploadLimits } from './http/receive-upload.ts';

/** What the gateway stands on. Whoever makes these closes them. */
export interface GatewayPorts {
  database: Database;
  spool: Spool;
  storage: Storage;
  reading: ReadingPool;
  producer: JobProducer;
  boardQueues: BoardQueues;
  /** The cache role; made by `connectFast`. */
  cacheRedis: Redis;
  registry: Registry;
  log: Logger;
}

export interface GatewaySettings {
  authSecret: string;
  uploadLimits: UploadLimits;
  operatorEmails: readonly string[];
  metricsToken: string | null;
  /** Scheme and host under which browsers know this gateway; null: the request's own. */
  publicUrl: string | null;
  /** Longest wait for Postgres before an upload is accepted by its claims alone. */
  uploadLookupMs: number;
}

/** What handlers may use. */
export interface Services {
  database: Database;
  authenticate: Authenticate;
  auth: AuthService;
  operators: Operators;
  visibility: Visibility;
  anonymity: Anonymity;
  assessments: AssessmentService;
  evaluation: Evaluation;
  releases: Releases;
  submissions: SubmissionService;
  decisions: DecisionService;
  corrections: CorrectionService;
  regradeRequests: RegradeRequestService;
  reviews: ReviewService;
  answers: AnswerService;
  uploads: UploadService;
  resumable: ResumableUploads;
  files: SubmissionFiles;
  questionPapers: QuestionPaperService;
  reports: ReportService;
  readiness: Readiness;
  background: Background;
  metrics: Registry;
  metricsToken: string | null;
  publicUrl: string | null;
}

/** Above the database's own time limits, so that its own error is the one that is seen. */
const readLookupMs = 3_000;

/** Puts the parts together; the only place that knows all of them. */
export function createServices(ports: GatewayPorts, settings: GatewaySettings): Services {
  const { database, spool, storage, producer, boardQueues, cacheRedis, registry, log } = ports;
  const readGuard = createPostgresGuard({ deadlineMs: readLookupMs });
  const uploadGuard = createPostgresGuard({ deadlineMs: settings.uploadLookupMs });
  const tokens = createAccessTokens({ secret: settings.authSecret });
  const revocations = createRevocations(cacheRedis, (error) =>
    log.warn({ detail: String(error) }, 'an ended session could not be announced'),
  );
  const anonymity = createAnonymity({ database, guard: readGuard });
  const visibility = createVisibility({ database, spool, guard: readGuard });
  queueDepthMetrics(registry, boardQueues, (error) => log.debug({ detail: String(error) }, 'queues could not be counted'));
  const uploads = createUploadService({ ...ports, guard: uploadGuard, limits: settings.uploadLimits });
  const assessments = createAssessmentService({ database, producer, visibility });
  const images = createPageImages({ spool, storage });
  return {
    database,
    authenticate: createAuthenticate({ tokens, revocations }),
    auth: createAuthService({ database, passwords: createPasswords(), tokens, revocations }),
    operators: createOperators({ database, emails: settings.operatorEmails }),
    visibility,
    anonymity,
    assessments,
    releases: createReleases(database),
    evaluation: createEvaluation({ database, producer }),
    submissions: createSubmissionService({ database, spool, storage, producer, guard: readGuard, anonymity }),
    decisions: createDecisionService({ database, producer }),
    corrections: createCorrectionService({ database, producer }),
    answers: createAnswerService({ database }),
    regradeRequests: createRegradeRequestService({ database, visibility, anonymity }),
    reviews: createReviewService({ database, visibility, anonymity }),
    uploads,
    resumable: createResumableUploads({ uploads, spool }),
    files: createSubmissionFiles({ database, spool, storage, images }),
    questionPapers: createQuestionPaperService({ database, spool, images, assessments, guard: readGuard }),
    reports: createReportService({ database, storage, producer, visibility }),
    readiness: createReadiness({ database, cacheRedis, boardQueues, spool, storage }),
    background: createBackground(),
    metrics: registry,
    metricsToken: settings.metricsToken,
    publicUrl: settings.publicUrl,
  };
}

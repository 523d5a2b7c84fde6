import type { Meta } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import type { Logger } from '@gradeflow/logger';
import type { BoardQueues, JobProducer, QueueLook } from '@gradeflow/queue';
import type { ReadingPool } from '@gradeflow/reading';
import {
  type ActivityTail,
  type Cache,
  createAskRedis,
  createOneTimeSecrets,
  createPresence,
  createRateLimiter,
  createRedisGuard,
  createRoomCopies,
  createTrays,
  type Presence,
  type Redis,
} from '@gradeflow/redis';
import { createSpoolRoom, type RoomLimits, type Spool, type SpoolRoom } from '@gradeflow/spool';
import type { Storage } from '@gradeflow/storage';
import type { Registry } from '@gradeflow/telemetry';
import { type Anonymity, createAnonymity } from './access/anonymity.ts';
import { createPostgresGuard } from './access/postgres-guard.ts';
import { createTurnstile, type Turnstile } from './access/turnstile.ts';
import { createVisibility, type Visibility } from './access/visibility.ts';
import { createAccessTokens } from './auth/access-token.ts';
import { type ApiKeys, createApiKeys } from './auth/api-keys.ts';
import { createLastSeen } from './auth/last-seen.ts';
import { createOperators, type Operators } from './auth/operators.ts';
import { createPasswords, restWhile } from './auth/passwords.ts';
import { createRevocations } from './auth/revocations.ts';
import { type ActivityService, createActivityService } from './features/activity/activity.service.ts';
import { type AnswerGroupService, createAnswerGroupService } from './features/answer-groups/answer-groups.service.ts';
import { type AssessmentService, createAssessmentService } from './features/assessments/assessments.service.ts';
import { createEvaluation, type Evaluation } from './features/assessments/evaluate.ts';
import { createReleases, type Releases } from './features/assessments/release.ts';
import { type AccountService, createAccountService } from './features/auth/accounts.service.ts';
import { type AuthService, createAuthService } from './features/auth/auth.service.ts';
import { type CorrectionService, createCorrectionService } from './features/corrections/corrections.service.ts';
import { type CourseService, createCourseService } from './features/courses/courses.service.ts';
import { createFiguresService, type FiguresService } from './features/dashboard/figures.service.ts';
import { createDecisionService, type DecisionService } from './features/decisions/decisions.service.ts';
import { createSheetGate } from './features/decisions/sheet-gate.ts';
import { createSpreadService, type SpreadService } from './features/decisions/spread.service.ts';
import { createUndoService, type UndoService } from './features/decisions/undo.service.ts';
import { createInstitutionService, type InstitutionService } from './features/institutions/institutions.service.ts';
import { createOperationsService, type OperationsService } from './features/operations/operations.service.ts';
import { queueDepthMetrics } from './features/operations/queue-metrics.ts';
import { createReadiness, type Readiness } from './features/operations/readiness.ts';
import { createStuckService, type StuckService } from './features/operations/stuck.service.ts';
import { createStuckCandidates } from './features/operations/stuck-candidates.ts';
import { spoolMetrics, stuckMetrics } from './features/operations/stuck-metrics.ts';
import { createRetryStuck, type RetryStuck } from './features/operations/stuck-retry.ts';
import { uploadRoomMetrics } from './features/operations/upload-room-metrics.ts';
import { createPageImages } from './features/pages/page-images.ts';
import { createPeopleService, type PeopleService } from './features/people/people.service.ts';
import { createQuestionBankService, type QuestionBankService } from './features/question-banks/question-banks.service.ts';
import { createQuestionPaperService, type QuestionPaperService } from './features/question-papers/question-papers.service.ts';
import { createRegradeRequestService, type RegradeRequestService } from './features/regrade-requests/regrade-requests.service.ts';
import { createReportService, type ReportService } from './features/reports/reports.service.ts';
import { type AnswerService, createAnswerService } from './features/reviews/answers.service.ts';
import { createReviewService, type ReviewService } from './features/reviews/reviews.service.ts';
import { createRoomContents, type RoomContents } from './features/rooms/room-contents.ts';
import { createRoomService, type RoomService } from './features/rooms/rooms.service.ts';
import { createShareLinkService, type ShareLinkService } from './features/share-links/share-links.service.ts';
import { createSnippetService, type SnippetService } from './features/snippets/snippets.service.ts';
import { createStandstills, type StandstillSettings } from './features/standstill/standstills.ts';
import { createSubmissionFiles, type SubmissionFiles } from './features/submissions/submission-files.ts';
import { createSubmissionService, type SubmissionService } from './features/submissions/submissions.service.ts';
import { createUploadService, type UploadService } from './features/submissions/upload.service.ts';
import { createTrayService, type TrayService } from './features/tray/tray.service.ts';
import { createResumableUploads, type ResumableUploads } from './features/uploads/resumable.service.ts';
import { type Authenticate, createAuthenticate, createRecognise, type Recognise } from './http/authenticate.ts';
import { type Background, createBackground } from './http/background.ts';
import { cacheMetrics } from './http/cache-metrics.ts';
import { createIdempotency, type Idempotency } from './http/idempotency.ts';
import { createRateLimits, type RateBudgets, type RateLimits } from './http/rate-limits.ts';
import type { UploadLimits } from './http/receive-upload.ts';
import { redisMetrics } from './http/redis-metrics.ts';

/** What the gateway stands on. Whoever makes these closes them. */
export interface GatewayPorts {
  database: Database;
  spool: Spool;
  storage: Storage;
  reading: ReadingPool;
  producer: JobProducer;
  boardQueues: BoardQueues;
  /** For whoever asks why something stands still. */
  queueLook: QueueLook;
  /** The cache role; made by `connectFast`. */
  cacheRedis: Redis;
  /** Over it; what the database announces ends its answers. */
  cache: Cache;
  /** Over it too; what the database puts on record is noted there. */
  activityTail: ActivityTail;
  registry: Registry;
  log: Logger;
}

export interface GatewaySettings {
  authSecret: string;
  uploadLimits: UploadLimits;
  spoolLimits: RoomLimits;
  rateBudgets: RateBudgets;
  /** Longest wait of a request for the cache Redis: one of them a second waits while it is silent, the others not at all. */
  redisDeadlineMs: number;
  /** After a crash an `Idempotency-Key` is free again after this. */
  idempotencyLeaseMs: number;
  registrationOpen: boolean;
  /** What `/v1/meta` tells. */
  meta: Meta;
  operatorEmails: readonly string[];
  metricsToken: string | null;
  /** Scheme and host under which browsers know this gateway; null: the request's own. */
  publicUrl: string | null;
  /** Longest wait for Postgres before an upload is accepted by its claims alone. */
  uploadLookupMs: number;
  standstill: StandstillSettings;
}

/** What handlers may use. */
export interface Services {
  database: Database;
  cache: Cache;
  countCacheRead: (route: string, outcome: string) => void;
  authenticate: Authenticate;
  recognise: Recognise;
  auth: AuthService;
  accounts: AccountService;
  people: PeopleService;
  courses: CourseService;
  meta: Meta;
  operators: Operators;
  visibility: Visibility;
  rateLimits: RateLimits;
  idempotency: Idempotency;
  apiKeys: ApiKeys;
  inTurn: Turnstile;
  anonymity: Anonymity;
  assessments: AssessmentService;
  evaluation: Evaluation;
  releases: Releases;
  institutions: InstitutionService;
  submissions: SubmissionService;
  decisions: DecisionService;
  corrections: CorrectionService;
  regradeRequests: RegradeRequestService;
  spread: SpreadService;
  undo: UndoService;
  reviews: ReviewService;
  answers: AnswerService;
  answerGroups: AnswerGroupService;
  snippets: SnippetService;
  activity: ActivityService;
  uploads: UploadService;
  /** Asked before the bytes of an upload are read. */
  spoolRoom: SpoolRoom;
  resumable: ResumableUploads;
  files: SubmissionFiles;
  shareLinks: ShareLinkService;
  rooms: RoomService;
  roomContents: RoomContents;
  presence: Presence;
  tray: TrayService;
  questionPapers: QuestionPaperService;
  reports: ReportService;
  figures: FiguresService;
  questionBanks: QuestionBankService;
  readiness: Readiness;
  operations: OperationsService;
  stuck: StuckService;
  retryStuck: RetryStuck;
  background: Background;
  metrics: Registry;
  metricsToken: string | null;
  publicUrl: string | null;
}

/** Above the database's own time limits, so that its own error is the one that is seen. */
const readLookupMs = 3_000;
/** Two of the database's ten connections stay free for everybody else. */
const burst = { atOnce: 8, waiting: 5_000 };

/** Puts the parts together; the only place that knows all of them. */
export function createServices(ports: GatewayPorts, settings: GatewaySettings): Services {
  const { database, spool, storage, producer, boardQueues, queueLook, cacheRedis, registry, log } = ports;
  const readGuard = createPostgresGuard({ deadlineMs: readLookupMs });
  const uploadGuard = createPostgresGuard({ deadlineMs: settings.uploadLookupMs });
  const tokens = createAccessTokens({ secret: settings.authSecret });
  const countAsks = redisMetrics(registry);
  const redisGuard = createRedisGuard(cacheRedis, { deadlineMs: settings.redisDeadlineMs, onAsked: countAsks('request') });
  const revocations = createRevocations(redisGuard, (error) =>
    log.warn({ detail: String(error) }, 'an ended session could not be announced'),
  );
  const spoolRoom = createSpoolRoom(spool.root, settings.spoolLimits);
  uploadRoomMetrics(registry, spoolRoom, settings.spoolLimits);
  const passwords = createPasswords({ rest: restWhile(() => spoolRoom.underWay() > 0) });
  const auth = createAuthService({ database, passwords, tokens, revocations });
  const rateLimits = createRateLimits(
    createRateLimiter({
      redis: cacheRedis,
      guard: redisGuard,
      budgets: settings.rateBudgets,
      onError: (error) => log.debug({ detail: String(error) }, 'calls are counted in this process alone'),
    }),
  );
  const background = createBackground();
  const apiKeys = createApiKeys({ database, guard: createPostgresGuard({ deadlineMs: settings.uploadLookupMs }) });
  const lastSeen = createLastSeen(({ sessionId, kind }) => {
    const write = () => (kind === 'session' ? database.sessions : database.apiKeys).touch(sessionId);
    background.run(write, (error) => log.debug({ detail: String(error) }, 'last activity was not written'));
  });
  const anonymity = createAnonymity({ database, guard: readGuard });
  const visibility = createVisibility({ database, spool, guard: readGuard });
  queueDepthMetrics(registry, boardQueues, (error) => log.debug({ detail: String(error) }, 'queues could not be counted'));
  const uploads = createUploadService({ ...ports, guard: uploadGuard, limits: settings.uploadLimits });
  const assessments = createAssessmentService({ database, producer, visibility });
  const askRedis = createAskRedis(cacheRedis, { onAsked: countAsks('live') });
  const presence = createPresence(askRedis);
  const standstills = createStandstills({ look: queueLook, settings: settings.standstill });
  const { afterMs } = settings.standstill;
  const candidates = createStuckCandidates({ database, spool, guard: readGuard, afterMs });
  const stuck = createStuckService({ candidates, standstills, database, guard: readGuard });
  const readiness = createReadiness({ database, cacheRedis, boardQueues, spool, spoolRoom, storage });
  const operations = createOperationsService({ readiness, look: queueLook, spool });
  const notCounted = (error: unknown) => log.debug({ detail: String(error) }, 'what stands still could not be counted');
  stuckMetrics(registry, stuck, notCounted);
  spoolMetrics(registry, operations.spoolUsage, notCounted);
  const sheetGate = createSheetGate();
  const images = createPageImages({ spool, storage });
  return {
    database,
    authenticate: createAuthenticate({ tokens, apiKeys, revocations, lastSeen, presence }),
    recognise: createRecognise({ tokens, revocations, lastSeen, presence }),
    cache: ports.cache,
    countCacheRead: cacheMetrics(registry),
    auth,
    accounts: createAccountService({
      ...{ database, passwords, auth, producer, rateLimits, registrationOpen: settings.registrationOpen },
      codes: createOneTimeSecrets(cacheRedis, 'verification', { onAsked: countAsks('secrets') }),
      resetTokens: createOneTimeSecrets(cacheRedis, 'password-reset', { onAsked: countAsks('secrets') }),
    }),
    operators: createOperators({ database, emails: settings.operatorEmails }),
    visibility,
    rateLimits,
    apiKeys,
    idempotency: createIdempotency({ database, secret: settings.authSecret, leaseMs: settings.idempotencyLeaseMs }),
    inTurn: createTurnstile({ ...burst, guard: createPostgresGuard({ deadlineMs: readLookupMs }) }),
    anonymity,
    assessments,
    releases: createReleases(database),
    evaluation: createEvaluation({ database, producer }),
    institutions: createInstitutionService({ database }),
    submissions: createSubmissionService({ database, spool, storage, producer, guard: readGuard, anonymity, standstills }),
    decisions: createDecisionService({ database, producer }),
    corrections: createCorrectionService({ database, producer }),
    answers: createAnswerService({ database }),
    regradeRequests: createRegradeRequestService({ database, visibility, anonymity }),
    reviews: createReviewService({ database, visibility, anonymity }),
    spread: createSpreadService({ database, gate: sheetGate }),
    undo: createUndoService({ database, gate: sheetGate }),
    answerGroups: createAnswerGroupService({ database }),
    snippets: createSnippetService({ database }),
    activity: createActivityService({ database, tail: ports.activityTail }),
    uploads,
    spoolRoom,
    resumable: createResumableUploads({ uploads, spool }),
    files: createSubmissionFiles({ database, spool, storage, images }),
    shareLinks: createShareLinkService({ database }),
    rooms: createRoomService({ database, visibility }),
    roomContents: createRoomContents({ database, copies: createRoomCopies(askRedis), presence }),
    presence,
    tray: createTrayService({ database, trays: createTrays(askRedis) }),
    questionPapers: createQuestionPaperService({ database, spool, images, assessments, guard: readGuard, standstills }),
    reports: createReportService({ database, storage, producer, visibility, standstills }),
    figures: createFiguresService({ database }),
    questionBanks: createQuestionBankService({ database, assessments }),
    readiness,
    operations,
    stuck,
    retryStuck: createRetryStuck({ database, spool, producer, look: queueLook, guard: readGuard, log }),
    background,
    people: createPeopleService({ database, auth, producer }),
    courses: createCourseService({ database, producer }),
    meta: settings.meta,
    metrics: registry,
    metricsToken: settings.metricsToken,
    publicUrl: settings.publicUrl,
  };
}

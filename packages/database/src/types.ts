import type {
  CriterionResult,
  GraderKind,
  NotificationEvent,
  PageReading,
  PaperAnalysis,
  Question,
  QuestionPaperStatus,
  QuestionResult,
  ReleaseMode,
  ReportStatus,
  ReviewReason,
  Role,
  StageName,
  StageStatus,
  SubmissionStatus,
  UnassignedText,
} from '@gradeflow/contracts';
import type { ActivityRepository } from './repositories/activity.ts';
import type { AnswerGroupRepository } from './repositories/answer-groups.ts';
import type { ApiKeyRepository } from './repositories/api-keys.ts';
import type { CacheEpochRepository } from './repositories/cache-epochs.ts';
import type { CorrectionRepository } from './repositories/corrections.ts';
import type { CourseRecordRepository } from './repositories/course-records.ts';
import type { DecisionBatchRepository } from './repositories/decision-batches.ts';
import type { FiguresRepository } from './repositories/figures.ts';
import type { IdempotencyKeyRepository } from './repositories/idempotency-keys.ts';
import type { Institution } from './repositories/institutions.ts';
import type { Lease, LeaseRepository } from './repositories/leases.ts';
import type { ModelDecisionRepository } from './repositories/model-decisions.ts';
import type { ModelSpendingRepository } from './repositories/model-spending.ts';
import type { PeopleRepository } from './repositories/people.ts';
import type { ProfileRepository } from './repositories/profiles.ts';
import type { QuestionBankRepository } from './repositories/question-banks.ts';
import type { RegradeRequestRepository } from './repositories/regrade-requests.ts';
import type { ReleaseRepository } from './repositories/releases.ts';
import type { RoomRepository } from './repositories/rooms.ts';
import type { RosterRepository } from './repositories/rosters.ts';
import type { SearchRepository } from './repositories/search.ts';
import type { SessionRepository } from './repositories/sessions.ts';
import type { ShareLinkRepository } from './repositories/share-links.ts';
import type { SnippetRepository } from './repositories/snippets.ts';
import type { StandstillRepository } from './repositories/standstills.ts';
import type { VisibleRepository } from './repositories/visible.ts';

/** Domain objects: plain data, no Prisma types. Dates are Date. */
export interface User {
  id: string;
  institutionId: string;
  email: string;
  name: string;
  role: Role;
  /** PHC string of argon2id; null while invited. */
  passwordHash: string | null;
}

export interface Assessment {
  id: string;
  institutionId: string;
  courseId: string | null;
  createdBy: string;
  title: string;
  languages: string[];
  anonymous: boolean;
  release: ReleaseMode;
  releasedAt: Date | null;
  reviewBelow: number;
  sampleShare: number;
  regradeUntil: Date | null;
  /** 0: no questions yet. */
  rubricVersion: number;
  /** Sum over the current questions. */
  maxScore: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Who is asking, from a verified token. */
export interface Actor {
  userId: string;
  institutionId: string;
  role: Role;
}

export interface Stage {
  name: StageName;
  status: StageStatus;
  startedAt: Date | null;
  finishedAt: Date | null;
  attempts: number;
  reason: string | null;
}

export interface Submission {
  id: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  studentId: string | null;
  student: { id: string; name: string } | null;
  label: string | null;
  status: SubmissionStatus;
  /** Set when status is NEEDS_REVIEW or something stands still: NO_QUESTIONS, REVIEW. */
  waitingCause: string | null;
  reasonCode: string | null;
  reasonDetail: string | null;
  run: number;
  originalName: string;
  bytes: number;
  /** sha256 over the files' sha256, in order: equal means the same bytes. */
  contentHash: string;
  files: Array<{ path: string; name: string; mediaType: string; bytes: number; sha256: string; pages: number }>;
  pagesTotal: number;
  pagesDone: number;
  duplicateOf: string | null;
  /** True once the originals are in the storage. */
  persisted: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface QuestionPaper {
  id: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  label: string | null;
  status: QuestionPaperStatus;
  reasonCode: string | null;
  reasonDetail: string | null;
  run: number;
  originalName: string;
  bytes: number;
  /** sha256 over the files' sha256, in order. */
  contentHash: string;
  files: Submission['files'];
  pagesTotal: number;
  /** Null before READY. */
  analysis: PaperAnalysis | null;
  /** Null before CONFIRMED. */
  confirmedVersion: number | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Grading {
  id: string;
  submissionId: string;
  run: number;
  grader: GraderKind;
  by: { id: string; name: string } | null;
  rubricVersion: number;
  score: number;
  maxScore: number;
  questions: QuestionResult[];
  unassigned: UnassignedText[];
  /** Set on a person's decision, which is about one question; null on a machine's grading. */
  questionId: string | null;
  /** The grading that counted for that question before; of decisions alone. */
  previousId: string | null;
  /** The grading that a decision went back to. */
  revertedTo: string | null;
  /** The decision over many sheets that it was a part of. */
  batchId: string | null;
  createdAt: Date;
}

/** What counts for one question of a submission now: the latest person's decision, else the latest machine's. */
export interface CurrentResult {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  /** The grading that the result came from. */
  gradingId: string;
  machineGradingId: string | null;
  /** Null: the machine's result counts. */
  decidedBy: { id: string; name: string } | null;
  result: QuestionResult;
  updatedAt: Date;
}

/** All that counts of a submission now. */
export interface CurrentGrading {
  /** The newest grading that a current result came from. */
  id: string;
  submissionId: string;
  run: number;
  /** `human` once a person has decided any question. */
  grader: GraderKind;
  rubricVersion: number;
  score: number;
  maxScore: number;
  /** In the order of the rubric. */
  questions: QuestionResult[];
  unassigned: UnassignedText[];
  /** Of the newest decision or grading. */
  createdAt: Date;
}

/** A person's decision about one question, ready to be written. */
export interface NewDecision {
  /** Id of the grading row to make. */
  id: string;
  submissionId: string;
  by: string;
  rubricVersion: number;
  result: QuestionResult;
  /** The grading on which the person looked; another one counts by now: ConflictError DECISION_CONFLICT. */
  basedOn?: string | undefined;
  /** Goes back to that grading's result; to a machine's: the question follows the machine again. */
  revertedTo?: string | undefined;
  /** With `revertedTo`: takes a decision back, so that the earlier grading counts as it did, as its own person's. */
  restores?: boolean | undefined;
  /** The decision over many sheets that this one is a part of, or takes back; undone by now: ConflictError BATCH_UNDONE. */
  batchId?: string | undefined;
}

export interface DecisionOutcome {
  gradingId: string;
  current: CurrentResult;
  score: number;
  maxScore: number;
  /** Questions of the submission that still need a person. */
  reviews: number;
  status: SubmissionStatus;
  /** True when this decision was the last one that was missing. */
  finished: boolean;
  /** True when people are to be told: it is the last one, or replaced what nobody has been told of yet. */
  toAnnounce: boolean;
}

export interface AuditEvent {
  id: string;
  institutionId: string;
  actor: { id: string; name: string } | null;
  action: string;
  subjectType: string;
  subjectId: string;
  assessmentId: string | null;
  data: Record<string, unknown>;
  at: Date;
}

export interface Report {
  id: string;
  institutionId: string;
  assessmentId: string;
  createdBy: string;
  kind: string;
  format: string;
  studentId: string | null;
  status: ReportStatus;
  progress: number;
  reason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Notification {
  id: string;
  userId: string;
  event: NotificationEvent;
  subjectType: string;
  subjectId: string;
  text: string;
  createdAt: Date;
  readAt: Date | null;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface UserRepository {
  findByEmail(email: string): Promise<User | null>;
  find(id: string): Promise<User | null>;
  insert(user: User): Promise<void>;
}

export interface InstitutionRepository {
  insert(institution: { id: string; name: string }): Promise<void>;
  /** The oldest institution: its admins are the operators. */
  findFirst(): Promise<{ id: string; name: string } | null>;
  find(id: string): Promise<Institution | null>;
  /** What is left out stays; `modelBudget` null takes the cap away. Leaves an audit event. */
  update(
    id: string,
    patch: { name?: string | undefined; modelBudget?: Institution['modelBudget'] | undefined },
    by: string,
  ): Promise<Institution>;
}

export interface CourseRepository {
  insert(course: { id: string; institutionId: string; name: string }): Promise<void>;
  addTeacher(courseId: string, userId: string): Promise<void>;
  enrol(courseId: string, userId: string): Promise<void>;
  find(id: string): Promise<{ id: string; institutionId: string; name: string } | null>;
  isTeacher(courseId: string, userId: string): Promise<boolean>;
  isEnrolled(courseId: string, userId: string): Promise<boolean>;
  /** Names, addresses and roll numbers of all who are enrolled. */
  listStudents(courseId: string): Promise<Array<{ name: string; email: string; rollNumber: string | null }>>;
}

/** Refresh tokens: only hashes are stored. */
export interface RefreshFamilyRepository {
  insert(family: {
    id: string;
    userId: string;
    currentHash: string;
    device: string | null;
    address: string | null;
    expiresAt: Date;
  }): Promise<void>;
  /**
   * One atomic step. `rotated`: presented was current, next is now. `grace`: presented was current until ≤ 10 s ago (two tabs): nothing changed.
   * `reused`: an older token: the family is ended. `unknown`: no such live family.
   */
  rotate(input: {
    familyId: string;
    presentedHash: string;
    nextHash: string;
    now: Date;
  }): Promise<{ outcome: 'rotated' | 'grace' | 'reused' | 'unknown'; userId: string | null }>;
  revoke(familyId: string): Promise<void>;
}

export interface AssessmentRepository {
  insert(
    input: Omit<Assessment, 'rubricVersion' | 'maxScore' | 'createdAt' | 'updatedAt' | 'releasedAt'>,
    questions: Question[] | null,
  ): Promise<Assessment>;
  find(id: string): Promise<Assessment | null>;
  /** What this person may see: admins all of the institution, teachers their courses' and their own, students their courses'. Newest first. */
  listFor(actor: Actor, query: { limit: number; cursor?: string | undefined; courseId?: string | undefined }): Promise<Page<Assessment>>;
  /** Withheld results that this shows, since they are released immediately from now on, are told of in the same transaction, as by a release. */
  update(
    id: string,
    patch: Partial<
      Pick<Assessment, 'title' | 'courseId' | 'languages' | 'anonymous' | 'release' | 'reviewBelow' | 'sampleShare' | 'regradeUntil'>
    >,
  ): Promise<Assessment>;
  /** Marks it deleted; its rows stay for the record, find and lists no longer see it. Throws ConflictError ASSESSMENT_IN_USE while submissions exist. */
  remove(id: string): Promise<void>;
  /** Version 0 is the empty list. Null when there is no such version. */
  findQuestions(id: string, version?: number): Promise<{ questions: Question[]; rubricVersion: number } | null>;
  /**
   * Makes the next version, and an audit event of this action and id, in one transaction. `ifVersion` set and not current: ConflictError PRECONDITION_FAILED (412).
   */
  saveQuestions(
    id: string,
    questions: Question[],
    by: string,
    ifVersion?: number,
    event?: { id: string; action: 'questions.saved' | 'questions.imported' },
  ): Promise<number>;
}

/** What record-metadata writes. */
export type NewSubmission = Pick<
  Submission,
  | 'id'
  | 'institutionId'
  | 'assessmentId'
  | 'createdBy'
  | 'studentId'
  | 'label'
  | 'originalName'
  | 'bytes'
  | 'contentHash'
  | 'files'
  | 'pagesTotal'
> & { createdAt: Date };

/** What the reconciler compares with the queue. */
export interface SubmissionState {
  id: string;
  run: number;
  status: Submission['status'];
  /** The originals are in the storage. */
  persisted: boolean;
  deleted: boolean;
}

export interface SubmissionRepository {
  /** Inserts once: a second call changes nothing. `duplicateOf` is computed whenever a row is read, so that the order of recording does not matter. */
  record(input: NewSubmission): Promise<Submission>;
  /** Inserts a FAILED row for an upload that can't go on (unknown assessment, not allowed), or fails the existing one. */
  fail(input: NewSubmission | { id: string }, reason: { code: string; detail: string }, fencedBy?: Lease): Promise<void>;
  /** Not the deleted ones. */
  find(id: string): Promise<Submission | null>;
  findMany(ids: string[]): Promise<Submission[]>;
  isDeleted(id: string): Promise<boolean>;
  /** How far these are, also the deleted ones, in one answer however many they are. */
  listStates(ids: string[]): Promise<SubmissionState[]>;
  list(query: {
    assessmentId?: string;
    studentId?: string;
    status?: SubmissionStatus | undefined;
    q?: string | undefined;
    sort: 'createdAt' | '-createdAt' | 'label' | '-label';
    /** Labels, file names and students are neither searched nor sorted by, but neutral names; rows come as they are. */
    hideNames?: boolean;
    limit: number;
    cursor?: string | undefined;
  }): Promise<
    Page<Submission & { score: number | null; maxScore: number | null; minConfidence: number | null; reviews: number }> & {
      total: number;
      counts: Record<SubmissionStatus, number>;
    }
  >;
  update(id: string, patch: { studentId?: string | null; label?: string | null }): Promise<Submission>;
  markDeleted(id: string): Promise<void>;
  /**
   * run + 1, FAILED stages back to WAITING, status PROCESSING; null when it is not FAILED (for `fromFailed`) or does not exist.
   * With `ifRun`, null too when the row has another run by now: of two reconcilers one starts it. `event` is put on record with it. With `fencedBy`, LEASE_LOST
   * when that has changed hands.
   */
  nextRun(
    id: string,
    options: {
      fromFailed: boolean;
      stages: StageName[];
      ifRun?: number;
      event?: { id: string; by: string; action: 'submission.retried' | 'submission.regraded' };
      fencedBy?: Lease | undefined;
    },
  ): Promise<Submission | null>;
  /** UPDATE … SET fence = fence + 1 RETURNING fence. Null when there is no row. */
  takeFence(id: string): Promise<number | null>;
  /** Stands on the persist stage, so that it is kept also before the row is there. */
  setPersisted(id: string): Promise<void>;
  /** Submissions of an assessment that wait for questions. */
  listWaitingForQuestions(assessmentId: string, limit: number): Promise<Submission[]>;
  /** Unfinished rows, oldest first, for the reconciler: RECEIVED or PROCESSING, not deleted; without those of `except`. */
  listUnfinished(limit: number, afterId?: string, except?: string[]): Promise<Submission[]>;
  countUnfinished(): Promise<number>;
  /** Distinct assessments that have questions now and submissions still waiting for them. */
  listAssessmentsWithWaiting(): Promise<string[]>;
}

/** Stages have no foreign key: the first steps may start before the row exists. */
export interface StageRepository {
  /** First start is kept; status ACTIVE; attempts = max(attempts, attempt). */
  start(submissionId: string, name: StageName, at: Date, attempt: number): Promise<void>;
  complete(submissionId: string, name: StageName, at: { startedAt: Date; finishedAt: Date }, attempt: number): Promise<void>;
  fail(submissionId: string, name: StageName, at: Date, reason: string, attempt: number): Promise<void>;
  /** Pages total and done of the extract stage; never falls. */
  setPages(submissionId: string, pages: { total?: number; done?: number }): Promise<void>;
  /** Always four, in order; WAITING where nothing is known. Also pages. */
  list(submissionId: string): Promise<{ stages: Stage[]; pagesTotal: number; pagesDone: number }>;
  listMany(submissionIds: string[]): Promise<Map<string, { stages: Stage[]; pagesTotal: number; pagesDone: number }>>;
}

export interface GradingRepository {
  /**
   * The last write of grade-submission, one transaction: page rows (unnest, replaced), the grading row (unique by submission, run, grader), submission status and cause.
   * Throws ConflictError FENCED when `fence` is not the row's current one. Returns the id of the grading that counts (the earlier one when this run is already graded).
   */
  saveMachineGrading(input: {
    submissionId: string;
    run: number;
    fence: number;
    pages: PageReading[];
    status: 'GRADED' | 'NEEDS_REVIEW';
    waitingCause: string | null;
    /** The grading holds only the questions that were graded again after a correction; the others stay, and its sums become those of the whole sheet. */
    isPart?: boolean;
    /** Null when there are no questions to grade. */
    grading: Pick<Grading, 'id' | 'grader' | 'rubricVersion' | 'score' | 'maxScore' | 'questions' | 'unassigned'> | null;
  }): Promise<{ gradingId: string | null }>;
  /**
   * A person's decision: the grading row, the current result, the submission's sums and status, an audit event, in one transaction. The submission is locked, so decisions
   * about one sheet follow one another. Throws NotFoundError when submission or question has no result yet, ConflictError DECISION_CONFLICT (see `basedOn`; its member `current` is the grading that counts), ConflictError
   * SUBMISSION_BUSY while it is being graded.
   */
  saveDecision(decision: NewDecision): Promise<DecisionOutcome>;
  /** What counts for each question now, in the order of the rubric. */
  listCurrent(submissionId: string): Promise<CurrentResult[]>;
  findCurrentResult(submissionId: string, questionId: string): Promise<CurrentResult | null>;
  /** All that counts now; null before the first grading. */
  findCurrent(submissionId: string): Promise<CurrentGrading | null>;
  find(id: string): Promise<Grading | null>;
  /** Newest first. */
  list(submissionId: string): Promise<Grading[]>;
  /** Gradings nobody has been told of yet, older than `olderThanMs`. */
  listUnannounced(olderThanMs: number, limit: number): Promise<string[]>;
  /** Current gradings of an assessment with their submissions, for reports; ordered by label, then createdAt. */
  listForAssessment(assessmentId: string, studentId?: string): Promise<Array<{ submission: Submission; grading: CurrentGrading | null }>>;
}

/** A version of an assessment's questions. */
export interface RubricVersion {
  version: number;
  questions: Question[];
  createdAt: Date;
  /** Null: that person is no longer known. */
  createdBy: { id: string; name: string } | null;
}

/** What counts now for one question of one submission, without its contents. */
export interface ResultHead {
  submissionId: string;
  questionId: string;
  /** Of the machine's latest grading, which the next one goes on from; null when no machine has graded the question. */
  rubricVersion: number | null;
  grader: GraderKind | null;
  score: number;
  maxScore: number;
  /** A person's decision counts. */
  isDecided: boolean;
}

export interface RubricRepository {
  /** Newest first. */
  listVersions(assessmentId: string): Promise<RubricVersion[]>;
  findVersion(assessmentId: string, version: number): Promise<RubricVersion | null>;
  /** Every current result of an assessment, a submission's together. */
  listResultHeads(assessmentId: string): Promise<ResultHead[]>;
  /** Current results of these questions of these submissions. */
  listResults(submissionIds: string[], questionIds: string[]): Promise<Array<{ submissionId: string; result: QuestionResult }>>;
  /**
   * The next run, of grading alone, of these submissions of the assessment (null: of all) that have been graded and are not being graded now, in one transaction.
   * Gives those that it has begun; each has to be enqueued (the reconciler does what is forgotten). `event` is put on record with it, as `assessment.evaluated`.
   */
  regradeMany(
    assessmentId: string,
    submissionIds: string[] | null,
    event: { id: string; by: string },
  ): Promise<Array<{ id: string; run: number }>>;
}

/** The record of who changed what. */
export interface AuditRepository {
  insert(event: Omit<AuditEvent, 'actor' | 'at'> & { actorId: string | null }): Promise<void>;
  /** What an earlier attempt under this id has done. */
  find(id: string): Promise<Pick<AuditEvent, 'id' | 'subjectId' | 'data'> | null>;
  /** Newest first; of the whole institution, or of one subject or assessment. */
  list(query: {
    institutionId: string;
    assessmentIds?: string[] | undefined;
    subjectId?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<Page<AuditEvent>>;
}

/** Which open questions: all that one manages unless told. */
export interface ReviewScope {
  assessmentId?: string | undefined;
  questionId?: string | undefined;
  /** Any of these. */
  reasons?: ReviewReason[] | undefined;
}

/** One question of one submission that needs a person. */
export interface ReviewItem {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  number: string;
  /** Of the submission; its neutral name while names are hidden. */
  label: string | null;
  /** The student's accepted request, where REGRADE_REQUESTED is among the reasons. */
  request: { id: string; message: string } | null;
  reasons: ReviewReason[];
  score: number;
  maxScore: number;
  confidence: number;
  /** When the result that needs a person came to be. */
  since: Date;
  /** Who holds it now. */
  claimedBy: { id: string; name: string } | null;
}

export interface ReviewClaim extends ReviewItem {
  id: string;
  expiresAt: Date;
}

export interface ReviewRepository {
  /** Open questions of the assessments that the actor manages, claimed ones too; oldest first. `total` counts the whole set. */
  list(actor: Actor, query: ReviewScope & { limit: number; cursor?: string | undefined }): Promise<Page<ReviewItem> & { total: number }>;
  /**
   * Gives up to `count` questions that nobody holds, oldest first, to the actor for `holdMs`; none twice, however many ask at once. What the actor holds already is not given
   * again, but held for as long from now on. Empty when nothing is free. The claims get these `ids`, where some are given; what one of them holds already is given again and no more.
   */
  claim(actor: Actor, query: ReviewScope & { count: number; ids?: readonly string[]; holdMs: number }): Promise<ReviewClaim[]>;
  /** Until when it is held then. Throws NotFoundError CLAIM_NOT_FOUND when it has ended, or is somebody else's. */
  renew(userId: string, id: string, holdMs: number): Promise<Date>;
  /** Throws NotFoundError CLAIM_NOT_FOUND. */
  release(userId: string, id: string): Promise<void>;
  /**
   * Applies another threshold (0–1) to what the machine has graded already: a result below it needs a person for LOW_CONFIDENCE, one that needed a person only because of an
   * earlier, higher threshold set by this method does not any more. What the grader itself said at its time stays, people's decisions stay, and sheets being graded are left to
   * their grader. Gives the number of changed results.
   */
  rejudge(assessmentId: string, reviewBelow: number): Promise<number>;
}

/** `open`: needs a person; `decided`: by a person; `machine`: the machine's stands. */
export type AnswerState = 'open' | 'decided' | 'machine';

export interface Answer extends Omit<CurrentResult, 'questionId' | 'assessmentId' | 'updatedAt'> {
  /** The neutral name while names are hidden. */
  label: string | null;
  state: AnswerState;
}

type Judgement = { score: number; maxScore: number; criteria: Array<Pick<CriterionResult, 'criterionId' | 'decision' | 'points'>> };

/** What machine and person say of the same answer. */
export interface JudgedTwice {
  questionId: string;
  machine: Judgement;
  human: Judgement;
  /** True when it went to a person as a random sample. */
  sampled: boolean;
}

export interface AnswerRepository {
  /** Answers of all sheets to one question, as they count now. `total` of the filtered set, `counts` of the whole question. */
  list(query: {
    assessmentId: string;
    questionId: string;
    state?: AnswerState | undefined;
    reason?: ReviewReason | undefined;
    sort: 'confidence' | '-confidence' | 'score' | '-score' | 'label' | '-label';
    limit: number;
    cursor?: string | undefined;
  }): Promise<Page<Answer> & { total: number; counts: Record<AnswerState, number> }>;
  /** All answers of an assessment that a person has decided for good and the machine has graded, each with the machine's latest. */
  listJudgedTwice(assessmentId: string): Promise<JudgedTwice[]>;
}

export interface PageRepository {
  find(submissionId: string, number: number): Promise<PageReading | null>;
  listAll(submissionId: string): Promise<PageReading[]>;
  /** A page that was read from the same pixels, of a submission of that institution that is not deleted. */
  findByContentHash(institutionId: string, contentHash: string): Promise<PageReading | null>;
}

/** What recording a question paper writes. */
export type NewQuestionPaper = Omit<NewSubmission, 'studentId'>;

export interface QuestionPaperRepository {
  /** Inserts once: a second call changes nothing and gives what is there. */
  record(input: NewQuestionPaper): Promise<QuestionPaper>;
  /** Inserts a FAILED row, or fails the existing one while it is PROCESSING. */
  fail(input: NewQuestionPaper | { id: string }, reason: { code: string; detail: string }, fencedBy?: Lease): Promise<void>;
  find(id: string): Promise<QuestionPaper | null>;
  findMany(ids: string[]): Promise<QuestionPaper[]>;
  findPage(id: string, number: number): Promise<PageReading | null>;
  /**
   * run + 1 of a PROCESSING one (`fromFailed`: of a FAILED one, which is PROCESSING then and has no reason any more) that has `ifRun`; null when it is not so: of two who
   * try one starts it.
   */
  nextRun(id: string, options: { ifRun: number; fromFailed?: boolean; fencedBy?: Lease | undefined }): Promise<QuestionPaper | null>;
  /** The last write of extract-paper, one transaction: pages, what is proposed, READY. Does nothing unless it is PROCESSING. */
  saveAnalysis(id: string, pages: PageReading[], analysis: PaperAnalysis): Promise<void>;
  /**
   * Makes `questions` the next version of the assessment's and the paper CONFIRMED, in one transaction. `hash` names what was confirmed: the same again
   * gives the version of the first time and changes nothing. Throws ConflictError NOT_READY, ALREADY_CONFIRMED (another hash), PRECONDITION_FAILED (412)
   * when `ifVersion` is not current, NotFoundError ASSESSMENT_NOT_FOUND.
   */
  confirm(input: {
    id: string;
    questions: Question[];
    hash: string;
    by: string;
    ifVersion: number;
  }): Promise<{ version: number; repeated: boolean }>;
  /** PROCESSING ones, oldest first, for the reconciler. */
  listUnfinished(limit: number): Promise<QuestionPaper[]>;
}

export interface NotificationRepository {
  /** One transaction: notices (unique by user, event, subject, grading: repeated ones are ignored, and so are results that a release has told of already) and the grading marked as announced. */
  announce(gradingId: string, notices: Array<Omit<Notification, 'createdAt' | 'readAt'>>): Promise<number>;
  list(userId: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<Notification> & { unread: number }>;
  markRead(userId: string, which: { ids: string[] } | 'all'): Promise<void>;
}

export interface ReportRepository {
  insert(report: Omit<Report, 'status' | 'progress' | 'reason' | 'createdAt' | 'updatedAt'>): Promise<Report>;
  find(id: string): Promise<Report | null>;
  setStatus(
    id: string,
    status: ReportStatus,
    details?: { progress?: number; reason?: string | null; fencedBy?: Lease | undefined },
  ): Promise<void>;
  listUnfinished(olderThanMs: number, limit: number): Promise<Report[]>;
}

export interface Database {
  users: UserRepository;
  institutions: InstitutionRepository;
  courses: CourseRepository;
  refreshFamilies: RefreshFamilyRepository;
  assessments: AssessmentRepository;
  rubrics: RubricRepository;
  submissions: SubmissionRepository;
  stages: StageRepository;
  gradings: GradingRepository;
  pages: PageRepository;
  questionPapers: QuestionPaperRepository;
  audit: AuditRepository;
  reviews: ReviewRepository;
  answers: AnswerRepository;
  answerGroups: AnswerGroupRepository;
  decisionBatches: DecisionBatchRepository;
  snippets: SnippetRepository;
  activity: ActivityRepository;
  notifications: NotificationRepository;
  reports: ReportRepository;
  courseRecords: CourseRecordRepository;
  rosters: RosterRepository;
  people: PeopleRepository;
  sessions: SessionRepository;
  apiKeys: ApiKeyRepository;
  idempotencyKeys: IdempotencyKeyRepository;
  shareLinks: ShareLinkRepository;
  rooms: RoomRepository;
  modelSpending: ModelSpendingRepository;
  modelDecisions: ModelDecisionRepository;
  corrections: CorrectionRepository;
  releases: ReleaseRepository;
  regradeRequests: RegradeRequestRepository;
  visible: VisibleRepository;
  cacheEpochs: CacheEpochRepository;
  leases: LeaseRepository;
  profiles: ProfileRepository;
  figures: FiguresRepository;
  questionBanks: QuestionBankRepository;
  search: SearchRepository;
  standstills: StandstillRepository;
  /**
   * Many writes that answer as one: what they change is announced while the work goes on, several at a time, and all of it before this resolves or
   * throws. A single write does not wait for its own announcement, which costs a tenth of a second while nobody listens.
   */
  together<T>(work: (database: Database) => Promise<T>): Promise<T>;
  /** `SELECT 1` within a second; throws UnavailableError. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

import type { JobDefinition, mailSecret, PayloadOf, QuestionPaperPayload, ResultOf, SubmissionPayload } from '@gradeflow/contracts';
import type { Logger } from '@gradeflow/logger';
import type { WorkShare } from './fair-order.ts';

/** What a processor is given; nothing of BullMQ. */
export interface JobContext<J extends JobDefinition> {
  payload: PayloadOf<J>;
  jobId: string;
  /** 1-based number of this try. */
  attempt: number;
  /** Aborted on time-out and on shutdown. */
  signal: AbortSignal;
  log: Logger;
}

export type Processor<J extends JobDefinition> = (context: JobContext<J>) => Promise<ResultOf<J>>;

/** A job that is to be a child of the running one. */
export interface ChildJob<J extends JobDefinition> {
  jobId: string;
  payload: PayloadOf<J>;
}

/** How the children of a job that waited for them ended. */
export interface ChildOutcomes {
  completed: number;
  /** Reasons by child job id: `CODE: sentence`. */
  failed: Record<string, string>;
}

/**
 * A processor in two halves: `plan` names children (none: go straight on), then the job waits without holding a worker,
 * then `collect` runs. Both halves may run twice.
 */
export interface FanOutProcessor<J extends JobDefinition, C extends JobDefinition> {
  child: C;
  plan(context: JobContext<J>): Promise<ChildJob<C>[]>;
  collect(context: JobContext<J>, outcomes: ChildOutcomes): Promise<ResultOf<J>>;
}

/** Told of every try by the worker shell, so that stages are stamped in one place. Awaited; errors in `started` are logged only. */
export interface JobObserver<J extends JobDefinition> {
  /** Before the processor. `attempt` does not grow while a job waits for children. */
  started?(payload: PayloadOf<J>, at: Date, attempt: number): Promise<void>;
  /** After the processor, before the job counts as completed: throwing here repeats the job. */
  completed?(payload: PayloadOf<J>, at: { startedAt: Date; finishedAt: Date }, attempt: number): Promise<void>;
  /** Once the job has failed for good (tries used up, permanent error, poison). */
  failedForGood?(payload: PayloadOf<J>, at: Date, reason: { code: string; detail: string }, attempt: number): Promise<void>;
}

export interface RunningWorker {
  readonly name: string;
  /** Stops taking jobs, aborts what runs, hands it back without using up a try, closes; never longer than the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** A run, and whose it is: that decides when it is its turn. Without `share` it waits with all others of which nobody said it. */
export type SubmissionWork = SubmissionPayload & { share?: WorkShare | undefined };
export type QuestionPaperWork = QuestionPaperPayload & { share?: WorkShare | undefined };

/** Producer side: fails fast (≤ 500 ms) when Redis is away, never queues commands in memory. All ids are deterministic, so repeating is safe. */
export interface JobProducer {
  /** The flow (extract ∥ persist ∥ record → grade) of one run. */
  enqueueSubmission(work: SubmissionWork): Promise<void>;
  enqueueSubmissions(works: SubmissionWork[]): Promise<void>;
  /** Grading alone, on what is read and recorded already. */
  enqueueGrading(work: SubmissionWork): Promise<void>;
  /** Reading a question paper; its pages become jobs of their own. */
  enqueueQuestionPaper(work: QuestionPaperWork): Promise<void>;
  enqueueReport(reportId: string): Promise<void>;
  /** A job that failed for good keeps its id; another `round` repeats it. */
  enqueueNotification(gradingId: string, round?: number): Promise<void>;
  enqueueSecretMail(payload: PayloadOf<typeof mailSecret>): Promise<void>;
  /** State of the parent job of each run, in order: what the reconciler compares with the truth. `missing` when the queue does not know it. */
  gradingStates(payloads: SubmissionPayload[]): Promise<Array<'missing' | 'pending' | 'completed' | 'failed'>>;
  /** Whether each run waits for a step that the queue has lost, and would for ever. False for one that the queue does not know at all. */
  haveLostSteps(payloads: SubmissionPayload[]): Promise<boolean[]>;
  /** Takes the last step of a run out of the queue, with what waits below it; running steps go on. For runs that have a next one. */
  dropRun(payload: SubmissionPayload): Promise<void>;
  /** As `haveLostSteps`, of question papers, whose steps are their pages. */
  haveQuestionPapersLostSteps(payloads: QuestionPaperPayload[]): Promise<boolean[]>;
  dropQuestionPaperRun(payload: QuestionPaperPayload): Promise<void>;
  /** Whether the queue knows each of these reports and has it in none of its lists any more, so that no worker ever takes it. */
  areReportsLost(reportIds: string[]): Promise<boolean[]>;
  /** Takes a report's job out of the queue, unless it runs; `enqueueReport` adds it again. */
  dropReport(reportId: string): Promise<void>;
  /** States of question papers' jobs. */
  questionPaperStates(payloads: QuestionPaperPayload[]): Promise<Array<'missing' | 'pending' | 'completed' | 'failed'>>;
  reportState(reportId: string): Promise<'missing' | 'pending' | 'completed' | 'failed'>;
  close(): Promise<void>;
}

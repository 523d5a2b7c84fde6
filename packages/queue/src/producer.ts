import {
  buildReport,
  deliverNotification,
  extractPaper,
  gradeSubmission,
  type JobDefinition,
  mailSecret,
  type PayloadOf,
  type QuestionPaperPayload,
  SubmissionPayload,
} from '@gradeflow/contracts';
import type { Logger } from '@gradeflow/logger';
import { FlowProducer, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectProducer } from './connections.ts';
import { createErrorLog } from './error-log.ts';
import { lastTag, takeTags, type WorkShare } from './fair-order.ts';
import { guardedCalls } from './guarded-calls.ts';
import { jobIdOf, submissionJobId } from './job-id.ts';
import { jobOptions } from './job-options.ts';
import { readJobStates } from './job-states.ts';
import { readLostSteps } from './lost-steps.ts';
import { submissionFlow } from './submission-flow.ts';
import type { JobProducer, SubmissionWork } from './types.ts';

/** Flows added by one command: more gains nothing and blocks Redis for longer. */
const flowsPerCommand = 50;
/** One is made ready here while Redis carries out another. */
const commandsUnderWay = 2;
/** A busy machine may be slow once; one late command must not end the adding of ten thousand flows. */
const triesPerCommand = 3;
const statesPerCommand = 1_000;
const flowsLookedInto = 50;

export interface QueueLocation {
  /** The queue Redis (`noeviction`). */
  url: string;
  /** Of all queue keys; the same in every process. */
  prefix: string;
}

/**
 * Adds work to the queues. Every call ends within 500 ms (bulk calls: each chunk, which is tried three times), works when Redis comes up after this was
 * made, and throws UnavailableError `QUEUE_UNAVAILABLE` when Redis is away, silent or full. A call that timed out may still
 * have been carried out; all ids are deterministic, so that repeating is safe: what the queue knows already, in whatever
 * state, is left alone. A run that failed for good is repeated under a higher `run`.
 */
export function createProducer(options: QueueLocation & { log?: Logger }): JobProducer {
  const onError = createErrorLog(options.log);
  const redis = connectProducer(options.url, 'gradeflow-producer', onError);
  // Without skipVersionCheck a Redis that is up for a moment only, while this starts, would leave the producer dead for ever.
  const shared = { connection: redis, prefix: options.prefix, skipVersionCheck: true };
  const flows = new FlowProducer(shared);
  flows.on('error', onError);
  const queues = new Map<string, Queue>();

  const queueOf = (definition: JobDefinition): Queue => {
    const known = queues.get(definition.name);
    if (known) return known;
    const queue = new Queue(definition.name, shared);
    queue.on('error', onError);
    queues.set(definition.name, queue);
    return queue;
  };

  const { call: guarded } = guardedCalls(redis, { log: options.log, detail: 'The queue does not answer; queue the work again later.' });

  const add = async <J extends JobDefinition>(definition: J, payload: PayloadOf<J>, jobId: string): Promise<void> => {
    const data = definition.payload.parse(payload);
    await guarded(() => queueOf(definition).add(definition.name, data, jobOptions(definition, jobId)));
  };

  /** As `add`, in the order that is fair to all institutions. */
  const addInOrder = async <J extends JobDefinition>(
    definition: J,
    payload: PayloadOf<J>,
    jobId: string,
    share: WorkShare | undefined,
  ): Promise<void> => {
    const data = definition.payload.parse(payload);
    await guarded(async () => {
      const [priority = lastTag] = await takeTags(redis, options.prefix, [share]);
      await queueOf(definition).add(definition.name, data, { ...jobOptions(definition, jobId), priority });
    });
  };

  const addFlows = (works: ReturnType<typeof parseWork>[]): Promise<void> =>
    guarded(async () => {
      const tags = await takeTags(
        redis,
        options.prefix,
        works.map(({ share }) => share),
      );
      await flows.addBulk(works.map(({ payload }, index) => submissionFlow(payload, tags[index] ?? lastTag)));
    });

  const statesOf = async (definition: JobDefinition, jobIds: string[]) => {
    const chunks = chunksOf(jobIds, statesPerCommand).map((ids) => () => guarded(() => readJobStates(redis, queueOf(definition), ids)));
    return (await inOrder(chunks)).flat();
  };

  const lostAmong = async (definition: JobDefinition, jobIds: string[]) => {
    const keys = jobIds.map((id) => queueOf(definition).toKey(id));
    return (await inOrder(chunksOf(keys, flowsLookedInto).map((chunk) => () => guarded(() => readLostSteps(redis, chunk))))).flat();
  };

  const drop = async (definition: JobDefinition, jobId: string): Promise<void> => {
    await guarded(() => queueOf(definition).remove(jobId, { removeChildren: true }));
  };

  return {
    enqueueSubmission: async (work) => addFlows([parseWork(work)]),
    enqueueSubmissions: async (works) => {
      const [first, ...others] = chunksOf(works.map(parseWork), flowsPerCommand);
      if (!first) return;
      const addChunk = (chunk: typeof first) => persistently(() => addFlows(chunk), redis);
      // Alone: while none of them waits, the order takes all of them for done.
      await addChunk(first);
      await overlapped(
        others.map((chunk) => () => addChunk(chunk)),
        commandsUnderWay,
      );
    },
    enqueueGrading: ({ share, ...payload }) => addInOrder(gradeSubmission, payload, gradingJobId(payload), share),
    enqueueQuestionPaper: ({ share, ...payload }) => addInOrder(extractPaper, payload, questionPaperJobId(payload), share),
    enqueueReport: (reportId) => add(buildReport, { reportId }, reportJobId(reportId)),
    enqueueNotification: (gradingId, round) => {
      const jobId = round === undefined ? jobIdOf(deliverNotification, gradingId) : jobIdOf(deliverNotification, gradingId, round);
      return add(deliverNotification, { gradingId }, jobId);
    },
    enqueueSecretMail: (payload) => add(mailSecret, payload, jobIdOf(mailSecret, payload.mailId)),
    gradingStates: (payloads) => statesOf(gradeSubmission, payloads.map(gradingJobId)),
    haveLostSteps: (payloads) => lostAmong(gradeSubmission, payloads.map(gradingJobId)),
    dropRun: (payload) => drop(gradeSubmission, gradingJobId(payload)),
    haveQuestionPapersLostSteps: (payloads) => lostAmong(extractPaper, payloads.map(questionPaperJobId)),
    dropQuestionPaperRun: (payload) => drop(extractPaper, questionPaperJobId(payload)),
    areReportsLost: (reportIds) => lostAmong(buildReport, reportIds.map(reportJobId)),
    dropReport: (reportId) => drop(buildReport, reportJobId(reportId)),
    questionPaperStates: (payloads) => statesOf(extractPaper, payloads.map(questionPaperJobId)),
    reportState: async (reportId) => (await statesOf(buildReport, [reportJobId(reportId)]))[0] ?? 'missing',
    close: async () => {
      redis.disconnect();
      await Promise.all([flows.close(), ...[...queues.values()].map((queue) => queue.close())]);
    },
  };
}

/** Parsing drops nothing and refuses everything that is not declared: no text or name gets into the queue by accident. */
function parseWork({ share, ...payload }: SubmissionWork): { payload: SubmissionPayload; share: WorkShare | undefined } {
  return { payload: SubmissionPayload.parse(payload), share };
}

function gradingJobId(payload: SubmissionPayload): string {
  return submissionJobId(gradeSubmission, payload);
}

function reportJobId(reportId: string): string {
  return jobIdOf(buildReport, reportId);
}

function questionPaperJobId({ paperId, run }: QuestionPaperPayload): string {
  return jobIdOf(extractPaper, paperId, run);
}

function chunksOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

async function inOrder<T>(works: Array<() => Promise<T>>): Promise<T[]> {
  const results: T[] = [];
  for (const work of works) results.push(await work());
  return results;
}

/** Adding is repeated while the connection stands: what was added although the answer came late is left alone. */
async function persistently(add: () => Promise<void>, redis: Redis, tries = triesPerCommand): Promise<void> {
  try {
    await add();
  } catch (error) {
    if (tries === 1 || redis.status !== 'ready') throw error;
    await persistently(add, redis, tries - 1);
  }
}

/** At most so many at a time, begun in order. After a failure none is begun any more. */
async function overlapped(works: Array<() => Promise<unknown>>, atOnce: number): Promise<void> {
  const left = works.values();
  let failed = false;
  const lane = async () => {
    for (const work of left) {
      if (failed) return;
      try {
        await work();
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

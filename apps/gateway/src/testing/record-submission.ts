import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Manifest, MediaType, PageReading, QuestionResult, UploadPurpose } from '@gradeflow/contracts';
import { newSubmissionOf, type Submission } from '@gradeflow/database';
import { uuidv7 } from 'uuidv7';
import { pdfOf } from './sample-files.ts';
import type { TestGateway } from './start-test-gateway.ts';

export interface SampleSubmission {
  studentId?: string | null;
  assessmentId?: string;
  purpose?: UploadPurpose;
  files?: Array<{ bytes: Buffer; mediaType: MediaType; name: string; pages: number }>;
}

/** Puts an upload of the teacher into the spool, as the gateway would. */
export async function spoolSubmission(gateway: TestGateway, sample: SampleSubmission = {}): Promise<Manifest> {
  const { teacher, assessment } = gateway.cast;
  const files = sample.files ?? [{ bytes: await pdfOf(2), mediaType: 'application/pdf', name: 'sheet.pdf', pages: 2 }];
  const manifest: Manifest = {
    submissionId: uuidv7(),
    purpose: sample.purpose ?? 'submission',
    institutionId: teacher.institutionId,
    userId: teacher.id,
    userRole: 'TEACHER',
    assessmentId: sample.assessmentId ?? assessment.id,
    studentId: sample.studentId ?? null,
    label: null,
    acceptedAt: new Date().toISOString(),
    requestId: 'a-request-of-a-test',
    pagesTotal: files.reduce((sum, file) => sum + file.pages, 0),
    files: files.map(({ bytes, mediaType, name, pages }, index) => ({
      path: `original/${index + 1}.${mediaType.split('/')[1]}`,
      name,
      mediaType,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      pages,
    })),
  };
  const entry = await gateway.ports.spool.begin(manifest.submissionId);
  for (const [index, { bytes }] of files.entries()) await entry.receiveFile(index, Readable.from([bytes]), { maxBytes: 1e9 });
  await entry.commit(manifest);
  return manifest;
}

/** The same with its row, as record-metadata would. */
export async function recordSubmission(gateway: TestGateway, sample: SampleSubmission = {}): Promise<Submission> {
  return gateway.ports.database.submissions.record(newSubmissionOf(await spoolSubmission(gateway, sample)));
}

/** A result as a machine gives it: 2 of 3, sure of itself. */
export function machineResult(changes: Partial<QuestionResult> = {}): QuestionResult {
  return {
    ...{
      questionId: uuidv7(),
      number: '1',
      score: 2,
      maxScore: 3,
      confidence: 0.9,
      needsReview: false,
      answerText: 'an answer',
      feedback: '',
    },
    ...{ criteria: [], reviewReasons: [], regions: [] },
    ...changes,
  };
}

/** Grades it, as grade-submission would: one question, 2 of 3, unless told otherwise. Returns the id of the grading. */
export async function gradeSubmission(
  gateway: TestGateway,
  submission: Submission,
  questions: QuestionResult[] = [machineResult()],
  pages: PageReading[] = [],
): Promise<string> {
  const { submissions, gradings } = gateway.ports.database;
  const fence = await submissions.takeFence(submission.id);
  const sum = (pick: (question: QuestionResult) => number) => questions.reduce((total, question) => total + pick(question), 0);
  const id = uuidv7();
  await gradings.saveMachineGrading({
    submissionId: submission.id,
    run: submission.run,
    fence: fence ?? 0,
    pages,
    status: 'GRADED',
    waitingCause: null,
    grading: {
      ...{ id, grader: 'offline', rubricVersion: 1, unassigned: [], questions },
      ...{ score: sum(({ score }) => score), maxScore: sum(({ maxScore }) => maxScore) },
    },
  });
  return id;
}

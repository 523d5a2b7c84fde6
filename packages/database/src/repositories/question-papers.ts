import type { PageReading, PaperAnalysis, Question, QuestionPaperStatus } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { saveVersion } from './assessments.ts';
import { type Lease, requireLease } from './leases.ts';
import { insertPages, toPageReading } from './pages.ts';
import { resetStages } from './stages.ts';
import type { NewSubmission, Submission } from './submissions.ts';

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

type Row = Prisma.QuestionPaperGetPayload<object>;

export function createQuestionPaperRepository(prisma: PrismaClient): QuestionPaperRepository {
  const find = async (id: string) => {
    const row = await prisma.questionPaper.findUnique({ where: { id } });
    return row && toQuestionPaper(row);
  };

  return {
    find,
    findMany: async (ids) => (await prisma.questionPaper.findMany({ where: { id: { in: ids } } })).map(toQuestionPaper),

    async record(input) {
      await prisma.questionPaper.createMany({ data: { ...toRow(input), status: 'PROCESSING' }, skipDuplicates: true });
      return (await find(input.id)) ?? missing();
    },

    fail: (input, { code, detail }, fencedBy) =>
      prisma.$transaction(async (tx) => {
        await requireLease(tx, fencedBy);
        const failed = { status: 'FAILED', reasonCode: code, reasonDetail: storableText(detail) } as const;
        if ('contentHash' in input) await tx.questionPaper.createMany({ data: { ...toRow(input), ...failed }, skipDuplicates: true });
        // The first reason stays: later ones are mostly its consequences.
        await tx.questionPaper.updateMany({ where: { id: input.id, status: 'PROCESSING' }, data: failed });
      }),

    async findPage(paperId, number) {
      const row = await prisma.questionPaperPage.findUnique({ where: { paperId_number: { paperId, number } }, omit: { paperId: true } });
      return row && toPageReading(row);
    },

    async nextRun(id, { ifRun, fromFailed = false, fencedBy }) {
      const count = await prisma.$transaction(async (tx) => {
        await requireLease(tx, fencedBy);
        const next = await tx.questionPaper.updateMany({
          where: { id, status: fromFailed ? 'FAILED' : 'PROCESSING', run: ifRun },
          data: { run: { increment: 1 }, status: 'PROCESSING', reasonCode: null, reasonDetail: null },
        });
        // Else the failure would weigh more than all that the next run reports.
        if (fromFailed && next.count > 0) await resetStages(tx, id, ['extract']);
        return next.count;
      });
      return count === 0 ? null : find(id);
    },

    saveAnalysis: (id, pages, analysis) =>
      prisma.$transaction(async (tx) => {
        const data = { status: 'READY', analysis: toJson(analysis) } as const;
        const { count } = await tx.questionPaper.updateMany({ where: { id, status: 'PROCESSING' }, data });
        if (count > 0) await insertPages(tx, 'question_paper_page', id, pages);
      }),

    confirm: ({ id, questions, hash, by, ifVersion }) =>
      prisma.$transaction(async (tx) => {
        const paper = await lock(tx, id);
        if (paper.status === 'CONFIRMED' && paper.confirmedVersion !== null) {
          if (paper.confirmedHash === hash) return { version: paper.confirmedVersion, repeated: true };
          const detail = `This paper was confirmed before, as version ${paper.confirmedVersion} of the questions; change those instead.`;
          throw new ConflictError({ code: 'ALREADY_CONFIRMED', detail });
        }
        if (paper.status !== 'READY') throw notReady(paper);
        const version = await saveVersion(tx, paper.assessmentId, questions, by, ifVersion, {
          id: uuidv7(),
          action: 'questions.confirmed',
        });
        const confirmed = { status: 'CONFIRMED', confirmedVersion: version, confirmedHash: hash, confirmedBy: by } as const;
        await tx.questionPaper.update({ where: { id }, data: confirmed, select: { id: true } });
        return { version, repeated: false };
      }),

    listUnfinished: async (limit) =>
      (
        await prisma.questionPaper.findMany({
          where: { status: 'PROCESSING' },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
          take: limit,
        })
      ).map(toQuestionPaper),
  };
}

async function lock(tx: Prisma.TransactionClient, id: string): Promise<Row> {
  await tx.$queryRaw`SELECT 1 FROM question_paper WHERE id = ${id}::uuid FOR UPDATE`;
  return (await tx.questionPaper.findUnique({ where: { id } })) ?? missing();
}

function missing(): never {
  throw notFound('question_paper');
}

function notReady({ status }: Row): ConflictError {
  const why = status === 'FAILED' ? 'could not be read' : 'is still being read';
  return new ConflictError({ code: 'NOT_READY', detail: `The paper ${why}: there is nothing to confirm.` });
}

function toRow({ label, originalName, bytes, files, ...input }: NewQuestionPaper) {
  return {
    ...input,
    label: label === null ? null : storableText(label),
    originalName: storableText(originalName),
    bytes: BigInt(bytes),
    files: toJson(files),
  };
}

function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(storableJson(value)) as Prisma.InputJsonValue;
}

function toQuestionPaper({ confirmedHash: _, confirmedBy: __, bytes, files, analysis, ...row }: Row): QuestionPaper {
  return {
    ...row,
    bytes: Number(bytes),
    files: files as unknown as QuestionPaper['files'],
    analysis: analysis as unknown as PaperAnalysis | null,
  };
}

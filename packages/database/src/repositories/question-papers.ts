import type { PaperAnalysis } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import type { NewQuestionPaper, QuestionPaper, QuestionPaperRepository } from '../types.ts';
import { saveVersion } from './assessments.ts';
import { requireLease } from './leases.ts';
import { insertPages, toPageReading } from './pages.ts';
import { resetStages } from './stages.ts';

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

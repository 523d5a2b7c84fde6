import type { Question } from '@gradeflow/contracts';
import type { Actor } from '../access.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { storableJson, storableText } from '../storable.ts';

export interface QuestionBank {
  id: string;
  institutionId: string;
  createdBy: string;
  name: string;
  questionCount: number;
  createdAt: Date;
  updatedAt: Date;
}

interface PageAsked {
  limit: number;
  cursor?: string | undefined;
}

/** A bank belongs to its maker and the institution's admins. Who asks for one by id has been found to be one of them. */
export interface QuestionBankRepository {
  insert(bank: Pick<QuestionBank, 'id' | 'institutionId' | 'createdBy' | 'name'>): Promise<QuestionBank>;
  find(id: string): Promise<QuestionBank | null>;
  /** Newest first. */
  listFor(actor: Actor, query: PageAsked): Promise<Page<QuestionBank>>;
  rename(id: string, name: string): Promise<QuestionBank>;
  /** With its questions; those that were copied into assessments stay there. */
  remove(bank: Pick<QuestionBank, 'id' | 'institutionId'>): Promise<void>;
  /** The question's id is the row's. */
  insertQuestion(bankId: string, question: Question): Promise<void>;
  findQuestion(bankId: string, questionId: string): Promise<Question | null>;
  /** Oldest first, as a paper would have them. */
  listQuestions(bankId: string, query: PageAsked): Promise<Page<Question>>;
  /** False when there is no such question in this bank. */
  replaceQuestion(bankId: string, question: Question): Promise<boolean>;
  removeQuestion(bankId: string, questionId: string): Promise<boolean>;
  /** Those of these questions that this person's banks hold, in the order asked for. */
  findManyFor(actor: Actor, questionIds: string[]): Promise<Question[]>;
}

type BankRow = Prisma.QuestionBankGetPayload<{ include: typeof counted }>;
const counted = { _count: { select: { questions: true } } } as const;

export function createQuestionBankRepository(prisma: PrismaClient): QuestionBankRepository {
  return {
    insert: async ({ name, ...bank }) =>
      toBank(await prisma.questionBank.create({ data: { ...bank, name: storableText(name) }, include: counted })),

    find: async (id) => {
      const row = await prisma.questionBank.findUnique({ where: { id }, include: counted });
      return row && toBank(row);
    },

    listFor: async (actor, { limit, cursor }) => {
      const after = cursor === undefined ? null : decodeTimeCursor('banks', cursor);
      const rows = await prisma.questionBank.findMany({
        where: {
          ...ownedBy(actor),
          ...(after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {}),
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
        include: counted,
      });
      return toPage(rows.map(toBank), limit, ({ createdAt, id }) => encodeCursor('banks', { key: createdAt.toISOString(), id }));
    },

    rename: async (id, name) =>
      toBank(await prisma.questionBank.update({ where: { id }, data: { name: storableText(name) }, include: counted })),

    remove: async ({ id, institutionId }) => {
      await prisma.questionBank.deleteMany({ where: { id, institutionId } });
    },

    insertQuestion: async (bankId, question) => {
      await prisma.bankQuestion.create({ data: { id: question.id, bankId, question: toJson(question) } });
    },

    findQuestion: async (bankId, id) => {
      const row = await prisma.bankQuestion.findUnique({ where: { id, bankId } });
      return row && (row.question as unknown as Question);
    },

    listQuestions: async (bankId, { limit, cursor }) => {
      const after = cursor === undefined ? null : decodeTimeCursor('bank-questions', cursor);
      const rows = await prisma.bankQuestion.findMany({
        where: { bankId, ...(after ? { OR: [{ createdAt: { gt: after.at } }, { createdAt: after.at, id: { gt: after.id } }] } : {}) },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: limit + 1,
      });
      const page = toPage(rows, limit, ({ createdAt, id }) => encodeCursor('bank-questions', { key: createdAt.toISOString(), id }));
      return { ...page, items: page.items.map(({ question }) => question as unknown as Question) };
    },

    replaceQuestion: async (bankId, question) =>
      (await prisma.bankQuestion.updateMany({ where: { id: question.id, bankId }, data: { question: toJson(question) } })).count > 0,

    removeQuestion: async (bankId, id) => (await prisma.bankQuestion.deleteMany({ where: { id, bankId } })).count > 0,

    findManyFor: async (actor, questionIds) => {
      const rows = await prisma.bankQuestion.findMany({ where: { id: { in: questionIds }, bank: ownedBy(actor) } });
      const known = new Map(rows.map(({ id, question }) => [id, question as unknown as Question]));
      return questionIds.flatMap((id) => known.get(id) ?? []);
    },
  };
}

/** Matches `search.ts`. */
function ownedBy({ institutionId, role, userId }: Actor): Prisma.QuestionBankWhereInput {
  return role === 'ADMIN' ? { institutionId } : { institutionId, createdBy: userId };
}

function toJson(question: Question): Prisma.InputJsonValue {
  return JSON.parse(storableJson(question)) as Prisma.InputJsonValue;
}

function toBank({ _count, ...row }: BankRow): QuestionBank {
  return { ...row, questionCount: _count.questions };
}

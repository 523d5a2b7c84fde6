import type { PageReading } from '@gradeflow/contracts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableJson, storableText } from '../storable.ts';

export interface PageRepository {
  find(submissionId: string, number: number): Promise<PageReading | null>;
  listAll(submissionId: string): Promise<PageReading[]>;
  /** A page that was read from the same pixels, of a submission of that institution that is not deleted. */
  findByContentHash(institutionId: string, contentHash: string): Promise<PageReading | null>;
}

type Row = Omit<Prisma.PageGetPayload<object>, 'submissionId'>;

/** Tables of pages, each with the column that names whose they are. */
const pageTables = {
  page: Prisma.raw('page (submission_id'),
  question_paper_page: Prisma.raw('question_paper_page (paper_id'),
};

export function createPageRepository(prisma: PrismaClient): PageRepository {
  return {
    async find(submissionId, number) {
      const row = await prisma.page.findUnique({ where: { submissionId_number: { submissionId, number } } });
      return row && toPageReading(withoutOwner(row));
    },
    async listAll(submissionId) {
      const rows = await prisma.page.findMany({ where: { submissionId }, orderBy: { number: 'asc' } });
      return rows.map((row) => toPageReading(withoutOwner(row)));
    },
    async findByContentHash(institutionId, contentHash) {
      const row = await prisma.page.findFirst({ where: { contentHash, submission: { institutionId, deletedAt: null } } });
      return row && toPageReading(withoutOwner(row));
    },
  };
}

/** Makes these the submission's pages, within the caller's transaction. Two statements whatever the number of pages: the ORM's row loop costs many times more. */
export async function replacePages(tx: Prisma.TransactionClient, submissionId: string, pages: PageReading[]): Promise<void> {
  await tx.$executeRaw`DELETE FROM page WHERE submission_id = ${submissionId}::uuid`;
  await insertPages(tx, 'page', submissionId, pages);
}

/** Inserts pages of one owner within the caller's transaction, in one statement. */
export async function insertPages(
  tx: Prisma.TransactionClient,
  table: keyof typeof pageTables,
  ownerId: string,
  pages: PageReading[],
): Promise<void> {
  if (pages.length === 0) return;
  const column = <T>(pick: (page: PageReading) => T) => pages.map(pick);
  await tx.$executeRaw`
    INSERT INTO ${pageTables[table]}, number, width, height, text, confidence, engine, rotation, words, lines, doubts, content_hash, failure)
    SELECT ${ownerId}::uuid, number, width, height, text, confidence, engine, rotation, words::jsonb, lines::jsonb,
      ARRAY(SELECT jsonb_array_elements_text(doubts::jsonb)), NULLIF(content_hash, ''), NULLIF(failure, '')
    FROM unnest(
      ${column((page) => page.number)}::int[], ${column((page) => page.width)}::int[], ${column((page) => page.height)}::int[],
      ${column((page) => storableText(page.text))}::text[], ${column((page) => page.confidence)}::float8[],
      ${column((page) => page.engine)}::text[], ${column((page) => page.rotation)}::int[],
      ${column((page) => storableJson(page.words))}::text[], ${column((page) => storableJson(page.lines))}::text[],
      ${column((page) => JSON.stringify(page.doubts))}::text[], ${column((page) => page.contentHash ?? '')}::text[],
      ${column((page) => storableText(page.failure ?? ''))}::text[]
    ) AS page (number, width, height, text, confidence, engine, rotation, words, lines, doubts, content_hash, failure)`;
}

function withoutOwner({ submissionId: _, ...page }: Prisma.PageGetPayload<object>): Row {
  return page;
}

/** A page as it was read, of a row of either table without its owner. */
export function toPageReading({ words, lines, doubts, ...page }: Row): PageReading {
  return {
    ...page,
    words: words as unknown as PageReading['words'],
    lines: lines as unknown as PageReading['lines'],
    doubts: doubts as PageReading['doubts'],
  };
}

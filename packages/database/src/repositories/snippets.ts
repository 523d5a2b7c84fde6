import { ConflictError } from '@gradeflow/errors';
import { decodeCursor, encodeCursor, invalidCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';

export interface StoredSnippet {
  id: string;
  text: string;
  /** Decisions in whose feedback it stood when they were made. */
  uses: number;
}

type Place = { assessmentId: string; questionId: string };

export interface SnippetRepository {
  /** Most used first, then newest. */
  list(place: Place, query: { limit: number; cursor?: string | undefined }): Promise<Page<StoredSnippet>>;
  /** The snippet of this text: a new one, or the one that is there. Throws ConflictError TOO_MANY_SNIPPETS at 500 of a question. */
  insert(place: Place, snippet: { id: string; text: string; by: string }): Promise<StoredSnippet>;
  /** Counts one use of each snippet that stands in `feedback`. */
  countUses(place: Place, feedback: string): Promise<void>;
}

const maxSnippets = 500;

export function createSnippetRepository(prisma: PrismaClient): SnippetRepository {
  const of = ({ assessmentId, questionId }: Place) =>
    Prisma.sql`assessment_id = ${assessmentId}::uuid AND question_id = ${questionId}::uuid`;
  return {
    async list(place, { limit, cursor }) {
      const name = `snippets,${place.questionId}`;
      const rows = await prisma.$queryRaw<StoredSnippet[]>`
        SELECT id, text, uses FROM feedback_snippet WHERE ${of(place)} ${cursor === undefined ? Prisma.empty : after(name, cursor)}
        ORDER BY uses DESC, id DESC LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ uses, id }) => encodeCursor(name, { key: String(uses), id }));
    },

    async insert(place, { id, text, by }) {
      const stored = storableText(text);
      const [row] = await prisma.$queryRaw<StoredSnippet[]>`
        INSERT INTO feedback_snippet (id, assessment_id, question_id, text, created_by)
        SELECT ${id}::uuid, ${place.assessmentId}::uuid, ${place.questionId}::uuid, ${stored}, ${by}::uuid
        WHERE (SELECT count(*) FROM feedback_snippet WHERE ${of(place)}) < ${maxSnippets}
          OR EXISTS (SELECT 1 FROM feedback_snippet WHERE ${of(place)} AND text = ${stored})
        ON CONFLICT (assessment_id, question_id, md5(text)) DO UPDATE SET text = EXCLUDED.text RETURNING id, text, uses`;
      if (row) return row;
      throw new ConflictError({ code: 'TOO_MANY_SNIPPETS', detail: `A question keeps at most ${maxSnippets} snippets.` });
    },

    async countUses(place, feedback) {
      await prisma.$executeRaw`
        UPDATE feedback_snippet SET uses = uses + 1 WHERE id IN (
          SELECT id FROM feedback_snippet WHERE ${of(place)} AND strpos(${storableText(feedback)}, text) > 0 ORDER BY id FOR UPDATE)`;
    },
  };
}

function after(name: string, cursor: string): Prisma.Sql {
  const { key, id } = decodeCursor(name, cursor);
  if (!/^\d{1,9}$/.test(key)) throw invalidCursor();
  return Prisma.sql`AND (uses, id) < (${Number(key)}::int, ${id}::uuid)`;
}

import type { Actor } from '../access.ts';
import { namesAreHidden } from '../anonymity.ts';
import { decodeCursor, encodeCursor, invalidCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';
import { visibleAssessments, visibleSubmissions } from './visible-assessments.ts';

export type FoundType = 'assessment' | 'question' | 'submission' | 'user';

export interface Found {
  type: FoundType;
  id: string;
  title: string;
  /** A few words around the match. */
  snippet: string;
  /** Larger fits better; comparable within one search. */
  score: number;
}

export interface SearchRepository {
  /**
   * What this person may see and what has all words of `q` (`"…"`, `or` and `-` as on the web), best first. Students find assessments and their own sheets. While
   * marking is anonymous, sheets are found by nobody but their student: a file's name would say whose it is.
   */
  find(actor: Actor, query: { q: string; types: readonly FoundType[]; limit: number; cursor?: string | undefined }): Promise<Page<Found>>;
}

export function createSearchRepository(prisma: PrismaClient): SearchRepository {
  return {
    find: async (actor, { q, types, limit, cursor }) => {
      const parts = types.flatMap((type) => partOf[type](actor) ?? []);
      if (parts.length === 0) return { items: [], nextCursor: null };
      const rows = await prisma.$queryRaw<Found[]>`
        WITH query AS MATERIALIZED (SELECT websearch_to_tsquery('simple', ${storableText(q)}) AS words), found (type, id, title, text, score) AS (${Prisma.join(parts, ' UNION ALL ')})
        SELECT found.type, found.id, found.title, found.score::float8 AS score,
          ts_headline('simple', found.text, query.words, 'StartSel="", StopSel="", MaxWords=25, MinWords=8') AS snippet
        FROM found, query WHERE ${afterCursor(cursor)} ORDER BY found.score DESC, found.id LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ score, id }) => encodeCursor('search', { key: String(score), id }));
    },
  };
}

function afterCursor(cursor: string | undefined): Prisma.Sql {
  if (cursor === undefined) return Prisma.sql`true`;
  const { key, id } = decodeCursor('search', cursor);
  const score = Number(key);
  if (!Number.isFinite(score)) throw invalidCursor();
  return Prisma.sql`(found.score < ${score}::float8 OR (found.score = ${score}::float8 AND found.id > ${id}::uuid))`;
}

/** Each gives type, id, title, text and score of what it finds; null where this person finds nothing. The vectors are the indexes' own expressions. */
const partOf: Record<FoundType, (actor: Actor) => Prisma.Sql | null> = {
  assessment: (actor) => Prisma.sql`
    SELECT 'assessment', assessment.id, assessment.title, assessment.title, ts_rank(to_tsvector('simple', assessment.title), query.words)::float8
    FROM assessment, query WHERE to_tsvector('simple', assessment.title) @@ query.words AND ${visibleAssessments(actor)}`,

  question: (actor) =>
    actor.role === 'STUDENT' ? null : Prisma.sql`${questionsOfAssessments(actor)} UNION ALL ${questionsOfBanks(actor)}`,

  submission: (actor) => {
    const vector = Prisma.sql`to_tsvector('simple', coalesce(submission.label, '') || ' ' || translate(submission.original_name, '._-', '   '))`;
    const named = actor.role === 'STUDENT' ? Prisma.sql`true` : Prisma.sql`NOT ${namesAreHidden}`;
    return Prisma.sql`
      SELECT 'submission', submission.id, COALESCE(submission.label, submission.original_name), concat_ws(' ', submission.label, submission.original_name),
        ts_rank(${vector}, query.words)::float8
      FROM submission JOIN assessment ON assessment.id = submission.assessment_id, query
      WHERE ${vector} @@ query.words AND ${visibleAssessments(actor)} AND ${visibleSubmissions(actor)} AND ${named}`;
  },

  user: (actor) => {
    if (actor.role === 'STUDENT') return null;
    const vector = Prisma.sql`to_tsvector('simple', person.name || ' ' || translate(person.email, '@._-', '    '))`;
    const taught = Prisma.sql`SELECT course_id FROM course_teacher WHERE user_id = ${actor.userId}::uuid`;
    const known =
      actor.role === 'ADMIN'
        ? Prisma.sql`true`
        : Prisma.sql`(person.id = ${actor.userId}::uuid OR person.id IN (SELECT user_id FROM enrolment WHERE course_id IN (${taught}))
            OR person.id IN (SELECT user_id FROM course_teacher WHERE course_id IN (${taught})))`;
    return Prisma.sql`
      SELECT 'user', person.id, person.name, person.name || ' ' || person.email, ts_rank(${vector}, query.words)::float8
      FROM "user" AS person, query WHERE ${vector} @@ query.words AND person.institution_id = ${actor.institutionId}::uuid
        AND person.removed_at IS NULL AND ${known}`;
  },
};

/** Of the versions that count: the index finds the lists, the lists' questions are looked at one by one. */
function questionsOfAssessments(actor: Actor): Prisma.Sql {
  return Prisma.sql`
    SELECT 'question', (item.value ->> 'id')::uuid, concat_ws(' · ', assessment.title, item.value ->> 'number'), ${textOf},
      ts_rank(jsonb_to_tsvector('simple', item.value, '["string"]'), query.words)::float8
    FROM query, assessment JOIN rubric_version AS rubric ON rubric.assessment_id = assessment.id AND rubric.version = assessment.rubric_version
      CROSS JOIN LATERAL jsonb_array_elements(rubric.questions) AS item
    WHERE jsonb_to_tsvector('simple', rubric.questions, '["string"]') @@ query.words AND ${visibleAssessments(actor)}
      AND jsonb_to_tsvector('simple', item.value, '["string"]') @@ query.words`;
}

function questionsOfBanks({ institutionId, role, userId }: Actor): Prisma.Sql {
  const own = role === 'ADMIN' ? Prisma.sql`true` : Prisma.sql`bank.created_by = ${userId}::uuid`;
  return Prisma.sql`
    SELECT 'question', kept.id, concat_ws(' · ', bank.name, item.value ->> 'number'), ${textOf},
      ts_rank(jsonb_to_tsvector('simple', kept.question, '["string"]'), query.words)::float8
    FROM query, bank_question AS kept JOIN question_bank AS bank ON bank.id = kept.bank_id CROSS JOIN LATERAL (SELECT kept.question AS value) AS item
    WHERE jsonb_to_tsvector('simple', kept.question, '["string"]') @@ query.words AND bank.institution_id = ${institutionId}::uuid AND ${own}`;
}

/** What a snippet of a question is cut from. */
const textOf = Prisma.sql`concat_ws(' ', item.value ->> 'prompt', (SELECT string_agg(answer ->> 'text', ' ') FROM jsonb_array_elements(item.value -> 'modelAnswers') AS answer))`;

import type { Actor, Assessment, Database, Page, StoredSnippet } from '@gradeflow/database';
import { getQuestion } from '../decisions/decisions.service.ts';

export interface SnippetService {
  /** Most used first. Throws NotFoundError QUESTION_NOT_FOUND. */
  list(assessment: Assessment, questionId: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<StoredSnippet>>;
  /** Keeps a text; the one that is there when it is kept already. Throws NotFoundError QUESTION_NOT_FOUND, ConflictError TOO_MANY_SNIPPETS. */
  add(actor: Actor, assessment: Assessment, questionId: string, snippet: { id: string; text: string }): Promise<StoredSnippet>;
  /** Counts snippets that stand in the feedback of a decision; to be called when the answer is on its way. */
  countUses(assessmentId: string, questionId: string, feedback: string): Promise<void>;
}

export function createSnippetService({ database }: { database: Database }): SnippetService {
  return {
    list: async ({ id: assessmentId }, questionId, query) => {
      await getQuestion(database, assessmentId, questionId);
      return database.snippets.list({ assessmentId, questionId }, query);
    },
    add: async (actor, { id: assessmentId }, questionId, snippet) => {
      await getQuestion(database, assessmentId, questionId);
      return database.snippets.insert({ assessmentId, questionId }, { ...snippet, by: actor.userId });
    },
    countUses: (assessmentId, questionId, feedback) => database.snippets.countUses({ assessmentId, questionId }, feedback),
  };
}

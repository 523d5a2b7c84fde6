import {
  type Assessment,
  type Database,
  decodeCursor,
  encodeCursor,
  type GroupableAnswer,
  invalidCursor,
  type Page,
  toPage,
} from '@gradeflow/database';
import { type AnswerGroup, createAnswerReader, groupAnswers } from '@gradeflow/grading';
import { createTurns } from '../../http/turns.ts';
import { getQuestion } from '../decisions/decisions.service.ts';

export interface AnswerGroupPage extends Page<AnswerGroup<GroupableAnswer>> {
  /** Groups of the question. */
  total: number;
  /** Answers that were put into groups, and how many there are. */
  answers: number;
  ofAnswers: number;
}

export interface AnswerGroupService {
  /** Answers to one question that say the same, the largest group first. Throws NotFoundError QUESTION_NOT_FOUND. */
  list(assessment: Assessment, questionId: string, query: { limit: number; cursor?: string | undefined }): Promise<AnswerGroupPage>;
}

/** Answers that are grouped; more than the sheets of a year, and still a matter of tenths of a second. */
const maxAnswers = 3_000;

export function createAnswerGroupService({ database }: { database: Database }): AnswerGroupService {
  return {
    list: async (assessment, questionId, { limit, cursor }) => {
      const { question } = await getQuestion(database, assessment.id, questionId);
      const name = `groups,${questionId}`;
      const after = cursor === undefined ? null : placeOf(name, cursor);
      const { answers, total: ofAnswers } = await database.answerGroups.listAnswers(assessment.id, questionId, maxAnswers);
      const read = createAnswerReader(question);
      const takeTurns = createTurns();
      for (const { answerText } of answers) {
        read(answerText);
        await takeTurns();
      }
      const groups = groupAnswers(question, answers, read);
      const rest = after === null ? groups : groups.filter((group) => isBehind(group, after));
      const page = toPage(rest.slice(0, limit + 1), limit, ({ id, members }) => encodeCursor(name, { key: String(members.length), id }));
      return { ...page, total: groups.length, answers: answers.length, ofAnswers };
    },
  };
}

function placeOf(name: string, cursor: string): { size: number; id: string } {
  const { key, id } = decodeCursor(name, cursor);
  if (!/^\d{1,9}$/.test(key)) throw invalidCursor();
  return { size: Number(key), id };
}

/** In the order of groups: by size, then by id. */
function isBehind({ id, members }: AnswerGroup<unknown>, place: { size: number; id: string }): boolean {
  return members.length < place.size || (members.length === place.size && id > place.id);
}

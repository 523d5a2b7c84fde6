import { type PatchBankQuestionBody, type Question, QuestionInput } from '@gradeflow/contracts';
import type { Actor, Assessment, Database, QuestionBank } from '@gradeflow/database';
import { ForbiddenError, NotFoundError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import { createOnce } from '../../http/idempotency.ts';
import { parseInput } from '../../http/parse.ts';
import type { AssessmentService, QuestionVersion } from '../assessments/assessments.service.ts';

export interface QuestionBankService {
  /** The same id again gives what is there. */
  create(actor: Actor, id: string, name: string): Promise<QuestionBank>;
  /** Throws NotFoundError for another institution's, ForbiddenError for a colleague's. */
  get(actor: Actor, id: string): Promise<QuestionBank>;
  addQuestion(bank: QuestionBank, id: string, question: QuestionInput): Promise<Question>;
  /** Throws NotFoundError, ValidationError when the question as a whole is not as it should be. */
  patchQuestion(bank: QuestionBank, questionId: string, patch: PatchBankQuestionBody): Promise<Question>;
  /** Throws NotFoundError. */
  removeQuestion(bank: QuestionBank, questionId: string): Promise<void>;
  /** Saves the assessment's next version with copies of these behind its questions. Throws NotFoundError for one that is in no bank of this person's. */
  copyInto(
    actor: Actor,
    assessment: Assessment,
    id: string,
    questionIds: string[],
    ifVersion: number | undefined,
  ): Promise<QuestionVersion>;
}

export function createQuestionBankService(deps: { database: Database; assessments: AssessmentService }): QuestionBankService {
  const banks = deps.database.questionBanks;
  return {
    create: (actor, id, name) =>
      createOnce(
        () => banks.insert({ id, institutionId: actor.institutionId, createdBy: actor.userId, name }),
        () => banks.find(id),
      ),

    get: async (actor, id) => {
      const bank = await banks.find(id);
      if (!bank || bank.institutionId !== actor.institutionId)
        throw new NotFoundError({ code: 'QUESTION_BANK_NOT_FOUND', detail: 'There is no such question bank.' });
      if (actor.role !== 'ADMIN' && bank.createdBy !== actor.userId)
        throw new ForbiddenError({ detail: 'This question bank belongs to a colleague.' });
      return bank;
    },

    addQuestion: (bank, id, input) => {
      const question: Question = { ...input, id };
      return createOnce(
        async () => {
          await banks.insertQuestion(bank.id, question);
          return question;
        },
        () => banks.findQuestion(bank.id, id),
      );
    },

    patchQuestion: async (bank, questionId, patch) => {
      const before = await banks.findQuestion(bank.id, questionId);
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const question: Question = { ...parseInput(QuestionInput, { ...before, ...given }, 'question'), id: questionId };
      if (!before || !(await banks.replaceQuestion(bank.id, question))) throw noQuestion();
      return question;
    },

    removeQuestion: async (bank, questionId) => {
      if (!(await banks.removeQuestion(bank.id, questionId))) throw noQuestion();
    },

    copyInto: async (actor, assessment, id, questionIds, ifVersion) => {
      const wanted = [...new Set(questionIds)];
      const found = await banks.findManyFor(actor, wanted);
      if (found.length < wanted.length) throw noQuestion();
      const { questions: before, rubricVersion } = await deps.assessments.questions(assessment);
      const numbers = new Set(before.map(({ number }) => number));
      const copies = found.map((question) => ({ ...question, id: uuidv7(), number: freeNumber(numbers, question.number) }));
      // Read above: without it somebody's save in between would be undone.
      return deps.assessments.saveQuestions(actor, assessment, [...before, ...copies], ifVersion ?? rubricVersion, {
        id,
        action: 'questions.saved',
      });
    },
  };
}

/** This number, or the next whole one that nobody has; it is taken from then on. */
function freeNumber(taken: Set<string>, wanted: string): string {
  let number = wanted;
  for (let next = taken.size + 1; taken.has(number); next++) number = String(next);
  taken.add(number);
  return number;
}

function noQuestion(): NotFoundError {
  return new NotFoundError({ code: 'BANK_QUESTION_NOT_FOUND', detail: 'There is no such question in the question bank.' });
}

import { Question, type QuestionResult } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import request, { type Response } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from './record-submission.ts';
import { makeAssessment, type TestGateway } from './start-test-gateway.ts';

const criterion = (id: string, points: number) => ({ id, description: `says ${id}`, points, match: { type: 'manual' } });
const file = { bytes: Buffer.from('a sheet'), mediaType: 'application/pdf' as const, name: 'sheet.pdf', pages: 1 };

/** An assessment of the teacher with one question of 3 points, two criteria of which machines gave the first. */
export interface QuestionSheets {
  assessmentId: string;
  question: Question;
  /** A graded sheet; 2 of 3 unless told otherwise. */
  sheet(changes?: Partial<QuestionResult>, label?: string): Promise<{ id: string; gradingId: string }>;
  /** Calls below the assessment, by the teacher unless told otherwise. */
  call(method: 'get' | 'post', path: string, body?: object, who?: User): Promise<Response>;
  /** Spreads a decision over these sheets; both criteria met unless told otherwise. */
  spread(submissionIds: string[], more?: object, who?: User): Promise<Response>;
}

export async function makeQuestionSheets(gateway: TestGateway): Promise<QuestionSheets> {
  const { database } = gateway.ports;
  const { teacher } = gateway.cast;
  const question = Question.parse({ id: uuidv7(), number: '1', maxScore: 3, rubric: { criteria: [criterion('a', 2), criterion('b', 1)] } });
  const { id: assessmentId } = await makeAssessment(database, teacher, {});
  await database.assessments.saveQuestions(assessmentId, [question], teacher.id);
  const call: QuestionSheets['call'] = async (method, path, body, who = teacher) => {
    const asked = request(gateway.app)
      [method](`/v1/assessments/${assessmentId}${path}`)
      .set('Authorization', await gateway.as(who));
    return body === undefined ? asked : asked.send(body);
  };
  return {
    ...{ assessmentId, question, call },
    sheet: async (changes, label) => {
      const submission = await recordSubmission(gateway, { assessmentId, files: [file] });
      if (label !== undefined) await database.submissions.update(submission.id, { label });
      const criteria = [
        { criterionId: 'a', decision: 'MET' as const, points: 2, fraction: 1, evidence: [] },
        { criterionId: 'b', decision: 'NOT_MET' as const, points: 0, fraction: 0, evidence: [] },
      ];
      const gradingId = await gradeSubmission(gateway, submission, [machineResult({ questionId: question.id, criteria, ...changes })]);
      return { id: submission.id, gradingId };
    },
    spread: (submissionIds, more, who) => {
      const criteria = [{ criterionId: 'b', decision: 'MET' }];
      return call('post', `/questions/${question.id}/decisions`, { submissionIds, criteria, ...more }, who);
    },
  };
}

/** A person's decision about one sheet. */
export async function decideOne(
  gateway: TestGateway,
  submissionId: string,
  questionId: string,
  body: object,
  who: User,
): Promise<Response> {
  return request(gateway.app)
    .post(`/v1/submissions/${submissionId}/questions/${questionId}/decision`)
    .set('Authorization', await gateway.as(who))
    .send(body);
}

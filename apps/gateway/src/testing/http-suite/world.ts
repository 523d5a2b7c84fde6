import { PageReading, type QuestionResult } from '@gradeflow/contracts';
import type { Submission, User } from '@gradeflow/database';
import { createOneTimeSecrets } from '@gradeflow/redis';
import request, { type Response, type Test } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { makeQuestionSheets, type QuestionSheets } from '../question-sheets.ts';
import { gradeSubmission, machineResult, recordSubmission } from '../record-submission.ts';
import { pdfOf, pictureOf } from '../sample-files.ts';
import { type Cast, password, type TestGateway } from '../start-test-gateway.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';
type Person = keyof { [K in keyof Cast as Cast[K] extends User ? K : never]: true };

/** What the cases of the suite stand on. Everything is prepared in Postgres, spool and storage, so that it can be prepared without Redis too. */
export interface World {
  gateway: TestGateway;
  cast: Cast;
  sheets: QuestionSheets;
  pdf: Buffer;
  /** A request by a person of the cast, the teacher unless told otherwise; null: by nobody. */
  call(method: Method, path: string, who?: Person | null): Test;
  /** A graded sheet of the cast's student in the teacher's course, with one page and its picture; no other has the same bytes. */
  studentsSheet(): Promise<Submission & { questionId: string }>;
  /** Signs a person in over HTTP. */
  signIn(who: Person): Promise<{ accessToken: string; refreshToken: string; sessionId: string }>;
  /** Somebody new of the institution, without a password. */
  newcomer(): Promise<{ id: string; email: string; inviteToken: string }>;
  /** A question bank of the teacher with one question. */
  bank(): Promise<{ id: string; questionId: string }>;
  /** What only Redis keeps; without it nothing is kept, and who asks for it is told so. */
  keepSecret(purpose: 'verification' | 'password-reset', userId: string, secret: string): Promise<void>;
  ok(test: Test): Promise<Response>;
}

/** The request of one case, ready to be sent: what it needs is there. */
export type Prepared = () => Test;
export type Case = (world: World) => Promise<Prepared>;
/** By `method path`, as routes.ts declares it. */
export type Cases = Record<string, Case>;

const people: readonly Person[] = ['admin', 'teacher', 'colleague', 'student', 'otherStudent', 'stranger'];

export async function createWorld(gateway: TestGateway): Promise<World> {
  const { cast } = gateway;
  const { spool, cacheRedis } = gateway.ports;
  const tokens = new Map<Person, string>();
  for (const who of people) tokens.set(who, await gateway.as(cast[who]));
  const call: World['call'] = (method, path, who = 'teacher') => {
    const test = request(gateway.app)[method](path);
    return who === null ? test : test.set('Authorization', tokens.get(who) ?? '');
  };
  const ok = async (test: Test): Promise<Response> => {
    const answer = await test;
    if (answer.status >= 300) throw new Error(`${test.method} ${test.url} answered ${answer.status}: ${answer.text}`);
    return answer;
  };
  const pdf = await pdfOf(1);
  return {
    ...{ gateway, cast, call, ok, sheets: await makeQuestionSheets(gateway), pdf },
    studentsSheet: async () => {
      const bytes = Buffer.concat([pdf, Buffer.from(uuidv7())]);
      const files = [{ bytes, mediaType: 'application/pdf' as const, name: 'sheet.pdf', pages: 1 }];
      const submission = await recordSubmission(gateway, { studentId: cast.student.id, files });
      const page = pageOf('the answer');
      await spool.writePage(submission.id, page, await pictureOf('webp'));
      const question = machineResult({ questionId: uuidv7() });
      await gradeSubmission(gateway, submission, [question], [page]);
      return { ...submission, questionId: question.questionId };
    },
    signIn: async (who) => {
      const { body } = await ok(call('post', '/v1/auth/login', null).send({ email: cast[who].email, password }));
      return { ...body, sessionId: body.refreshToken.split('.')[0] };
    },
    newcomer: async () => {
      const [id, email] = [uuidv7(), `${uuidv7()}@example.org`];
      const actor = { userId: cast.admin.id, institutionId: cast.admin.institutionId, role: cast.admin.role };
      const { token } = await gateway.services.people.create(actor, id, { email, name: 'Newcomer', role: 'TEACHER' });
      return { id, email, inviteToken: token };
    },
    bank: async () => {
      const { body } = await ok(call('post', '/v1/question-banks').send({ name: 'Optics' }));
      const question = { number: '1', prompt: 'Why is the sky blue?', type: 'FREE_TEXT', maxScore: 3, lang: 'en' };
      const made = await ok(call('post', `/v1/question-banks/${body.id}/questions`).send(question));
      return { id: body.id, questionId: made.body.id };
    },
    keepSecret: (purpose, userId, secret) =>
      createOneTimeSecrets(cacheRedis, purpose)
        .put(userId, secret)
        .catch(() => {}),
  };
}

export function pageOf(text: string): PageReading {
  return PageReading.parse({
    ...{ number: 1, width: 100, height: 50, text, confidence: 0.9, engine: 'text-layer', rotation: 0 },
    words: text.split(' ').map((word, index) => ({ text: word, confidence: 0.9, box: [10 * index, 0, 10, 10], line: 0 })),
  });
}

/** Of a sheet that a person should look at. */
export const unsure: Partial<QuestionResult> = { confidence: 0.5, needsReview: true, reviewReasons: ['LOW_CONFIDENCE'] };

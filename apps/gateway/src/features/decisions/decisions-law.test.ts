import { Question } from '@gradeflow/contracts';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.ports.database.assessments.saveQuestions(gateway.cast.assessment.id, questions, gateway.cast.teacher.id);
});
afterAll(() => gateway.close());

const criterion = (id: string, points: number) => ({ id, description: id, points, match: { type: 'manual' } });
const rubric = { step: 0.25, criteria: [criterion('a', 2), criterion('b', 1)] };
const questions = ['1', '2', '3'].map((number) =>
  Question.parse({ id: uuidv7(), number, maxScore: 3, rubric: number === '3' ? null : rubric }),
);

const file = { bytes: Buffer.from('a sheet'), mediaType: 'application/pdf' as const, name: 'sheet.pdf', pages: 1 };

/** A person decides, goes back to any earlier grading of the question, or the machine grades everything again. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('decide' as const),
      question: fc.nat(2),
      decisions: fc.array(fc.constantFrom('MET' as const, 'NOT_MET' as const, 'UNCLEAR' as const), { minLength: 2, maxLength: 2 }),
      points: fc.integer({ min: 0, max: 30 }).map((tenths) => tenths / 10),
      adjustment: fc.option(fc.constantFrom(-0.5, 0, 0.1), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('revert' as const), question: fc.nat(2), back: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('regrade' as const), score: fc.nat(3), unsure: fc.boolean() }) },
);

it('a submission’s sums and status are those of what counts, after any decisions, reverts and machine gradings', async () => {
  const { database } = gateway.ports;
  const { teacher, assessment } = gateway.cast;
  const actor = { userId: teacher.id, institutionId: teacher.institutionId, role: teacher.role };
  const grade = (score: number, unsure: boolean) =>
    questions.map(({ id, number }, index) => {
      const needsReview = unsure && index === 0;
      return machineResult({ questionId: id, number, score, needsReview, reviewReasons: needsReview ? ['OFF_TOPIC'] : [] });
    });
  const take = async (id: string, what: typeof step extends fc.Arbitrary<infer Step> ? Step : never) => {
    const submission = await database.submissions.find(id);
    if (!submission) throw new Error('the submission is gone');
    const questionId = questions[what.act === 'regrade' ? 0 : what.question]?.id ?? '';
    if (what.act === 'regrade') {
      const next = await database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
      if (next) await gradeSubmission(gateway, next, grade(what.score, what.unsure));
    } else if (what.act === 'decide') {
      const criteria = what.decisions.map((decision, index) => ({ criterionId: 'ab'[index] as string, decision }));
      const body = {
        ...(what.question === 2 ? { points: what.points } : { criteria }),
        ...(what.adjustment ? { adjustment: what.adjustment } : {}),
      };
      // A mark out of reach is refused and changes nothing.
      await gateway.services.decisions
        .decide(actor, uuidv7(), submission, questionId, body)
        .catch((error) => expect(error.code).toBe('VALIDATION_FAILED'));
    } else {
      const earlier = (await database.gradings.list(id)).filter(
        (grading) => grading.questionId === null || grading.questionId === questionId,
      );
      const to = earlier[what.back % earlier.length];
      const score = to?.questions.find((question) => question.questionId === questionId)?.score;
      const outcome = await gateway.services.decisions.revert(actor, uuidv7(), submission, questionId, to?.id ?? '');
      expect(outcome.current.result.score).toBe(score);
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, unsure) => {
      const { id } = await recordSubmission(gateway, { files: [file] });
      const submission = await database.submissions.find(id);
      if (submission) await gradeSubmission(gateway, submission, grade(1, unsure));
      for (const what of steps) {
        await take(id, what);
        const current = await database.gradings.listCurrent(id);
        const { items } = await database.submissions.list({ assessmentId: assessment.id, sort: '-createdAt', limit: 100 });
        const row = items.find((item) => item.id === id);
        const open = current.filter(({ result }) => result.needsReview);
        expect(row?.score).toBeCloseTo(
          current.reduce((sum, { result }) => sum + result.score, 0),
          6,
        );
        expect(row).toMatchObject({ reviews: open.length, status: open.length === 0 ? 'GRADED' : 'NEEDS_REVIEW', maxScore: 9 });
        expect(open.every(({ result }) => result.reviewReasons.length > 0)).toBe(true);
        expect((await database.gradings.findCurrent(id))?.score).toBe(row?.score);
      }
    }),
    { numRuns: 12 },
  );
});

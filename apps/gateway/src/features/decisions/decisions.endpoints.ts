import { DecisionAnswer, DecisionBody, Id, RevertBody } from '@gradeflow/contracts';
import type { DecisionOutcome } from '@gradeflow/database';
import { z } from 'zod';
import type { NameScreen } from '../../access/name-screen.ts';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { recorded } from '../submissions/submissions.service.ts';

const params = z.object({ id: Id, questionId: Id });
const tag = 'Marking';
const problems = [
  '404 SUBMISSION_NOT_FOUND',
  '404 QUESTION_NOT_FOUND',
  '409 NOT_GRADED_YET',
  '409 SUBMISSION_BUSY',
  '409 DECISION_CONFLICT',
] as const;

/** `gradingId` is what the next decision is based on: after going back to the machine's result, the machine's. */
const present = ({ current, score, maxScore }: DecisionOutcome, screen: NameScreen | null) => ({
  question: screen ? screen.result(current.result) : current.result,
  total: { score, maxScore },
  gradingId: current.gradingId,
});

const decide = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/questions/:questionId/decision',
  tag,
  summary: "Decide a question; the machine's grading is kept beside it",
  auth: 'teacher',
  params,
  body: DecisionBody,
  response: { status: 200, schema: DecisionAnswer, description: 'The question as it counts now, and the sum of the sheet' },
  problems,
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { questionId }, body, createId }) => {
    const outcome = await services.decisions.decide(actor, createId, recorded(subject), questionId, body);
    const screen = await services.anonymity.screen(actor, recorded(subject));
    return {
      body: present(outcome, screen),
      after: async () => {
        await services.decisions.announce(outcome);
        if (body.feedback !== undefined) await services.snippets.countUses(outcome.current.assessmentId, questionId, body.feedback);
      },
    };
  },
});

const revert = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/questions/:questionId/decision/revert',
  tag,
  summary: 'Let an earlier grading of the question count again',
  auth: 'teacher',
  params,
  body: RevertBody,
  response: { status: 200, schema: DecisionAnswer, description: 'The question as it counts now, and the sum of the sheet' },
  problems: [...problems, '404 GRADING_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, params: { questionId }, body, createId }) => {
    const outcome = await services.decisions.revert(actor, createId, recorded(subject), questionId, body.to);
    const screen = await services.anonymity.screen(actor, recorded(subject));
    return { body: present(outcome, screen), after: () => services.decisions.announce(outcome) };
  },
});

export const decisionEndpoints = [decide, revert];

import { Id, SpreadAnswer, SpreadBody, UndoAnswer } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import type { Services } from '../../services.ts';
import type { Spread } from './spread.service.ts';

const tag = 'Marking';

const decide = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/questions/:qid/decisions',
  tag,
  summary: 'Decide a question of many sheets alike',
  auth: 'teacher',
  params: z.object({ id: Id, qid: Id }),
  body: SpreadBody,
  response: {
    status: 200,
    schema: SpreadAnswer,
    description:
      'What became of each sheet, in the order asked; `undoId` takes all of it back. The same asked again, until it is undone, decides nothing twice and has the same `undoId`',
  },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 QUESTION_NOT_FOUND', '503 SPREAD_BUSY'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { qid }, body }) => {
    const { undoId, spread } = await services.spread.decide(actor, subject, qid, body);
    const isNew = spread.some(({ outcome }) => outcome !== null);
    return {
      body: { undoId, items: spread.map(({ item }) => item) },
      after: async () => {
        await announce(services, spread);
        if (isNew && body.feedback !== undefined) await services.snippets.countUses(subject.id, qid, body.feedback);
      },
    };
  },
});

const undo = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/decisions/:undoId/undo',
  tag,
  summary: 'Take back a decision over many sheets, where nobody has decided since',
  auth: 'teacher',
  params: z.object({ id: Id, undoId: Id }),
  response: {
    status: 200,
    schema: UndoAnswer,
    description: 'What became of each sheet that had been decided, with the grading that counts again',
  },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 BATCH_NOT_FOUND', '503 SPREAD_BUSY'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { undoId } }) => {
    const spread = await services.undo.undo(actor, subject, undoId);
    return { body: { items: spread.map(({ item }) => item) }, after: () => announce(services, spread) };
  },
});

async function announce({ decisions }: Services, spread: readonly Spread[]): Promise<void> {
  for (const { outcome } of spread) if (outcome) await decisions.announce(outcome);
}

export const spreadEndpoints = [decide, undo];

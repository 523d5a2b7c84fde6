import { UnavailableError } from '@gradeflow/errors';
import { type CallEnd, type CallMeter, ModelError, type TokenUsage } from '@gradeflow/model-client';
import { type FakeReply, fakeUsage, startFakeOpenAi } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { allMet, gradeWith, modelContext, type Reply } from '../testing/with-fake-model.ts';

/** Grades once and tells what the meter was told. */
async function metered(reply: Reply, options: Parameters<typeof gradeWith>[2] = {}) {
  const reserved: TokenUsage[] = [];
  const ends: CallEnd[] = [];
  const meter: CallMeter = {
    reserve: async (most) => {
      reserved.push(most);
      return async (end) => void ends.push(end);
    },
  };
  const { grade, requests } = await gradeWith(reply, { model: modelContext({ meter }) }, { maxReplyTokens: 500, ...options });
  return { grade, requests, reserved, ends };
}
const used: CallEnd = { kind: 'answered', usage: fakeUsage };
const with200 = (kind: FakeReply['kind']): FakeReply => ({ kind }) as FakeReply;

describe('what a call uses', () => {
  it('is bounded beforehand by its bytes and the longest reply, and told afterwards', async () => {
    const { reserved, ends, requests } = await metered(() => allMet);
    expect(ends).toEqual([used]);
    expect(reserved).toEqual([{ promptTokens: expect.any(Number), completionTokens: 500 }]);
    expect(reserved[0]?.promptTokens).toBeGreaterThan(JSON.stringify(requests[0]?.messages.map(({ content }) => content)).length);
  });

  it('is told for every try: repairs, refusals and empty replies cost too', async () => {
    const malformed: FakeReply = { kind: 'content', content: 'no', usage: { promptTokens: 7, completionTokens: 3 } };
    const repaired = await metered((_, count) => (count === 0 ? malformed : allMet));
    expect(repaired.ends).toEqual([{ kind: 'answered', usage: { promptTokens: 7, completionTokens: 3 } }, used]);
    for (const kind of ['refusal', 'empty-choices'] as const) expect((await metered(() => with200(kind))).ends).toContainEqual(used);
  });

  it('is nothing for what the server refused or never got, and unknown for what broke off', async () => {
    const busy: FakeReply = { kind: 'error', status: 429, retryAfterSeconds: 0 };
    expect((await metered((_, count) => (count === 0 ? busy : allMet))).ends).toEqual([{ kind: 'free' }, used]);
    const once = { maxRetries: 0, timeoutMs: 100 };
    expect((await metered(() => with200('hang'), once)).ends).toEqual([{ kind: 'unknown' }]);
    expect((await metered(() => with200('disconnect'), once)).ends).toEqual([{ kind: 'unknown' }]);
    expect((await metered(() => ({ kind: 'error', status: 504 }), once)).ends).toEqual([{ kind: 'unknown' }]);
    const gone = await startFakeOpenAi(() => allMet);
    await gone.close();
    const unreachable = await metered(() => allMet, { ...once, baseURL: gone.baseURL });
    expect(unreachable.ends).toEqual([{ kind: 'free' }]);
  });

  it('is counted by bytes when the server does not say it', async () => {
    const silent: FakeReply = { ...(allMet as Extract<FakeReply, { kind: 'content' }>), usage: null };
    const { ends, reserved } = await metered(() => silent);
    expect(ends).toEqual([{ kind: 'answered', usage: { promptTokens: reserved[0]?.promptTokens, completionTokens: expect.any(Number) } }]);
  });
});

describe('a meter that refuses', () => {
  const refusing = (error: Error) => modelContext({ meter: { reserve: () => Promise.reject(error) } });

  it('leaves the built-in grade with the reason in words, and nothing is sent', async () => {
    const { grade, requests } = await gradeWith(() => allMet, { model: refusing(new ModelError('budget-reached')) });
    expect(requests).toHaveLength(0);
    expect(grade).toMatchObject({
      grader: 'offline',
      score: 2,
      needsReview: true,
      reviewReasons: ['MODEL_FAILED'],
      modelFault: 'budget-reached',
    });
    expect(grade.feedback).toContain('spending cap');
  });

  it('ends the work when it cannot be asked: it is tried again later', async () => {
    const away = new UnavailableError({ code: 'POSTGRES_UNAVAILABLE', detail: 'away' });
    await expect(gradeWith(() => allMet, { model: refusing(away) })).rejects.toBe(away);
  });
});

import { type ChatRequest, type FakeReply, startFakeOpenAi } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createVisionReader } from './create-vision-reader.ts';
import { pageOf, pictureOf } from './testing/pages.ts';
import type { VisionReaderOptions } from './types.ts';

const page = pageOf(['Name: Maria Keller', 'Lxqht 1s zzzz'], 0.5);
const picture = pictureOf(page);
const transcript = (lines: string[]): FakeReply => ({
  kind: 'content',
  content: JSON.stringify({ lines: lines.map((text) => ({ text, confidence: 0.9 })) }),
});
const good = transcript(['Name:', 'Light is refracted']);

async function improveWith(
  reply: (request: ChatRequest, count: number) => FakeReply,
  options: Partial<VisionReaderOptions> = {},
  call: { deadlineMs?: number; signal?: AbortSignal } = {},
) {
  const fake = await startFakeOpenAi(reply);
  try {
    const fast = { timeoutMs: 2_000, budgetMs: 5_000, maxRetries: 2, retryDelayMs: 5 };
    const vision = await createVisionReader({ baseURL: fake.baseURL, apiKey: 'test', model: 'eyes', ...fast, ...options });
    const result = await vision.improve({ reading: page, picture: await picture }, { languages: ['eng'], people: [], ...call });
    return { ...result, requests: fake.requests };
  } finally {
    await fake.close();
  }
}

describe('what leaves the house', () => {
  it('is the picture with personal fields in solid black and all else as it was, and no text of the page', async () => {
    const { requests, reading } = await improveWith(() => good);
    expect(requests).toHaveLength(1);
    const images = requests[0]?.messages.flatMap((message) => message.images) ?? [];
    expect(images).toHaveLength(1);
    const { data, info } = await sharp(images[0]).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([page.width, page.height]);
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels] ?? -1;
    const centre = (text: string): [number, number] => {
      const [x, y, w, h] = page.words.find((word) => word.text === text)?.box ?? [0, 0, 0, 0];
      return [x + Math.round(w / 2), y + Math.round(h / 2)];
    };
    for (const text of ['Maria', 'Keller']) expect(at(...centre(text))).toBeLessThan(10);
    // Behind the last word that was read, where more may be written.
    expect(at(page.width - 3, centre('Maria')[1])).toBeLessThan(10);
    for (const text of ['Name:', 'Lxqht', 'zzzz']) expect(at(...centre(text))).toBeGreaterThan(200);
    expect(at(500, 1_000)).toBeGreaterThan(200);
    const sent = requests[0]?.messages.map((message) => message.content).join('\n') ?? '';
    for (const word of ['Maria', 'Keller', 'Lxqht']) expect(sent).not.toContain(word);
    expect(reading.text).toBe('Name: Maria Keller\nLight is refracted');
  });

  it('is asked for as data: a system message with the rules, a schema, no tools', async () => {
    const { requests } = await improveWith(() => good);
    expect(requests[0]).toMatchObject({
      model: 'eyes',
      response_format: { type: 'json_schema' },
      messages: [{ role: 'system' }, { role: 'user' }],
    });
    expect(requests[0]).not.toHaveProperty('tools');
  });

  it('is at most 2,000 px long, whatever the page measures', async () => {
    const large = pageOf(['x'], 0.5, { width: 400, height: 4_200 });
    let longSide = 0;
    const fake = await startFakeOpenAi(() => good);
    try {
      const vision = await createVisionReader({ baseURL: fake.baseURL, apiKey: 'test', model: 'eyes' });
      await vision.improve({ reading: large, picture: await pictureOf(large) }, { languages: ['eng'], people: [] });
      longSide = (await sharp(fake.requests[0]?.messages[1]?.images[0]).metadata()).height;
    } finally {
      await fake.close();
    }
    expect(longSide).toBe(2_000);
  });
});

describe('a model that fails', () => {
  it.each<[string, FakeReply, number, string]>([
    ['malformed JSON', { kind: 'content', content: '{"lines": [' }, 2, 'malformed'],
    ['another shape', { kind: 'content', content: '{"text": "Light"}' }, 2, 'malformed'],
    ['a book', transcript(Array.from({ length: 600 }, () => 'again')), 2, 'malformed'],
    ['cut off', { kind: 'content', content: '{"lines": [{"text": "Li', finishReason: 'length' }, 2, 'cut-off'],
    ['no choices', { kind: 'empty-choices' }, 2, 'empty'],
    ['no lines', transcript([]), 1, 'no-text'],
    ['refusal', { kind: 'refusal' }, 1, 'refusal'],
    ['content filter', { kind: 'content', content: '', finishReason: 'content_filter' }, 1, 'content-filter'],
    ['not HTTP JSON', { kind: 'not-json' }, 1, 'not-json'],
    ['401', { kind: 'error', status: 401 }, 1, 'http-401'],
    ['429 without an end', { kind: 'error', status: 429 }, 3, 'http-429'],
    ['429 with a Retry-After beyond the budget', { kind: 'error', status: 429, retryAfterSeconds: 3_600 }, 1, 'http-429'],
    ['500', { kind: 'error', status: 500 }, 3, 'http-500'],
    ['lost connection', { kind: 'disconnect' }, 3, 'connection'],
  ])('%s: the page stays as it was, with its doubts, after a bounded number of requests', async (_name, reply, expected, reason) => {
    const { reading, outcome, requests } = await improveWith(() => reply);
    expect(reading).toBe(page);
    expect(outcome).toEqual({ kind: 'kept', reason });
    expect(requests).toHaveLength(expected);
  });

  it('never answers: ends with the budget, and with the deadline when that comes first', async () => {
    const hang = (): FakeReply => ({ kind: 'hang' });
    expect((await improveWith(hang, { timeoutMs: 100, budgetMs: 250 })).outcome).toEqual({ kind: 'kept', reason: 'timeout' });
    expect((await improveWith(hang, {}, { deadlineMs: 100.5 })).outcome).toEqual({ kind: 'kept', reason: 'timeout' });
  });

  it('knows no schemas: is asked without one, with the schema in words', async () => {
    const { outcome, requests } = await improveWith((request) =>
      request.response_format?.type === 'json_schema' ? { kind: 'error', status: 400 } : good,
    );
    expect(outcome.kind).toBe('improved');
    expect(requests[1]).toMatchObject({ response_format: { type: 'json_object' } });
    expect(requests[1]?.messages[0]?.content).toContain('JSON schema');
  });

  it('is busy for a moment: waits as long as it says', async () => {
    const started = performance.now();
    const { outcome } = await improveWith((_, count) => (count === 0 ? { kind: 'error', status: 429, retryAfterSeconds: 1 } : good));
    expect(outcome.kind).toBe('improved');
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('is called off: throws the reason and gives no page', async () => {
    const controller = new AbortController();
    const call = improveWith(
      () => {
        controller.abort(new Error('called off'));
        return { kind: 'hang' };
      },
      {},
      { signal: controller.signal },
    );
    await expect(call).rejects.toThrow('called off');
  });

  it('gets a picture that is none: the page stays as it was', async () => {
    const vision = await createVisionReader({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'test', model: 'eyes' });
    const result = await vision.improve({ reading: page, picture: new Uint8Array(8) }, { languages: ['eng'], people: [] });
    expect(result).toMatchObject({ reading: page, outcome: { kind: 'kept', reason: 'unexpected', error: expect.any(Error) } });
  });
});

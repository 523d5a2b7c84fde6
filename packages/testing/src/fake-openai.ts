import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server got it: of each message its text, and its pictures as the bytes of their `data:` URLs. */
export interface ChatRequest {
  model: string;
  messages: Array<{ role: string; content: string; images: Buffer[] }>;
  temperature?: number;
  max_tokens?: number;
  max_completion_tokens?: number;
  response_format?: { type: string };
}

/** How the fake answers: named after what goes wrong. */
export type FakeReply =
  | { kind: 'content'; content: string; finishReason?: 'stop' | 'length' | 'content_filter'; usage?: FakeUsage | null }
  | { kind: 'refusal' }
  | { kind: 'empty-choices' }
  | { kind: 'not-json' }
  | { kind: 'hang' }
  | { kind: 'disconnect' }
  | { kind: 'error'; status: number; param?: string; retryAfterSeconds?: number };

/** What a reply says that it used. */
export interface FakeUsage {
  promptTokens: number;
  completionTokens: number;
}

/** Of every reply that says nothing else. */
export const fakeUsage: FakeUsage = { promptTokens: 1_000, completionTokens: 100 };

export interface FakeOpenAi {
  baseURL: string;
  requests: ChatRequest[];
  close(): Promise<void>;
}

/** A server on the loopback that speaks `/v1/chat/completions`. `reply` gets each request and its number from 0. */
export async function startFakeOpenAi(reply: (request: ChatRequest, count: number) => FakeReply): Promise<FakeOpenAi> {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return void response.writeHead(404).end();
      const chat = parseRequest(body);
      requests.push(chat);
      answer(response, reply(chat, requests.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type SentPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };
type SentRequest = Omit<ChatRequest, 'messages'> & { messages: Array<{ role: string; content: string | SentPart[] }> };

function parseRequest(body: string): ChatRequest {
  const sent = JSON.parse(body) as SentRequest;
  const messages = sent.messages.map(({ role, content }) => {
    const parts: SentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    const images = parts.flatMap((part) =>
      part.type === 'image_url' ? [Buffer.from(part.image_url.url.replace(/^[^,]*,/, ''), 'base64')] : [],
    );
    return { role, content: text, images };
  });
  return { ...sent, messages };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, reply: FakeReply): void {
  const json = (status: number, body: object, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const completion = (choices: object[], used: FakeUsage | null = fakeUsage) =>
    json(200, { id: 'chatcmpl-fake', object: 'chat.completion', created: 0, model: 'fake', choices, ...usageOf(used) });
  const choice = (message: object, finishReason = 'stop') => ({
    index: 0,
    finish_reason: finishReason,
    message: { role: 'assistant', ...message },
  });
  switch (reply.kind) {
    case 'content':
      return void completion([choice({ content: reply.content, refusal: null }, reply.finishReason)], reply.usage);
    case 'refusal':
      return void completion([choice({ content: null, refusal: 'I cannot help with that.' })]);
    case 'empty-choices':
      return void completion([]);
    case 'not-json':
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>busy</html>');
    case 'hang':
      return;
    case 'disconnect':
      return void response.destroy();
    case 'error': {
      const headers: Record<string, string> = reply.retryAfterSeconds === undefined ? {} : { 'retry-after': `${reply.retryAfterSeconds}` };
      return void json(
        reply.status,
        { error: { message: 'fault of the fake', type: 'fake', param: reply.param ?? null, code: null } },
        headers,
      );
    }
  }
}

function usageOf(used: FakeUsage | null): object {
  if (used === null) return {};
  const { promptTokens, completionTokens } = used;
  return { usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens } };
}

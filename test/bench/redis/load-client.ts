/**
 * Loads one server after another, as its parent process tells it: over each connection the same request again as soon as its answer is there. It knows just as much
 * HTTP as it needs, so that it takes less of the machine than any server that it measures.
 */
import { connect, type Socket } from 'node:net';

/** One lap. */
export interface LapOrder {
  host: string;
  port: number;
  /** Of each connection: the whole request, as it goes over the wire. */
  requests: readonly string[];
  /** Expected of every answer. */
  status: number;
  seconds: number;
}

export type LapOutcome = { answers: number; seconds: number; p99: number } | { fault: string };

const headEnd = '\r\n\r\n';
const statusAt = 'HTTP/1.1 '.length;
const readBytes = 65_536;

process.on('message', (order: LapOrder) => {
  run(order).then(
    (outcome) => process.send?.(outcome satisfies LapOutcome),
    (error: Error) => process.send?.({ fault: error.message } satisfies LapOutcome),
  );
});
process.on('disconnect', () => process.exit());

async function run(order: LapOrder): Promise<LapOutcome> {
  const times: number[] = [];
  const began = performance.now();
  const until = began + order.seconds * 1_000;
  await Promise.all(order.requests.map((request) => ask(order, Buffer.from(request), { until, times })));
  const seconds = (performance.now() - began) / 1_000;
  const ordered = Float64Array.from(times).sort();
  return { answers: times.length, seconds, p99: ordered[Math.floor(ordered.length * 0.99)] ?? 0 };
}

/** One connection, until the time is over and its last answer has come. Rejects with an answer that is not as expected. */
function ask({ host, port, status }: LapOrder, request: Buffer, { until, times }: { until: number; times: number[] }): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = '';
    let asked = 0;
    const next = () => {
      asked = performance.now();
      socket.write(request);
    };
    const take = (bytes: Buffer): void => {
      rest += bytes.toString('latin1');
      const size = answerSize(rest, status);
      if (size === null || rest.length < size) return;
      if (rest.length > size) throw new Error(`more than was asked for: ${rest.slice(size, size + 100)}`);
      rest = '';
      const now = performance.now();
      times.push(now - asked);
      if (now < until) next();
      else socket.end(resolve);
    };
    const callback = (size: number, bytes: Uint8Array): boolean => {
      try {
        take(Buffer.from(bytes.buffer, bytes.byteOffset, size));
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    };
    const socket: Socket = connect({ host, port, noDelay: true, onread: { buffer: Buffer.alloc(readBytes), callback } }, next);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server ended the connection')));
  });
}

/** Head and body, in bytes; null while the head is incomplete. Throws for another status and for a body whose length is not announced. */
function answerSize(text: string, status: number): number | null {
  const end = text.indexOf(headEnd);
  if (end === -1) return null;
  const given = Number(text.slice(statusAt, statusAt + 3));
  if (given !== status) throw new Error(`answered ${given}, not ${status}: ${text.slice(0, 1_000)}`);
  const head = end + headEnd.length;
  if (status === 304) return head;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, head)}`);
  return head + Number(length);
}

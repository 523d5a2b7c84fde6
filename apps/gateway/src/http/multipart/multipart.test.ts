import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import fc from 'fast-check';
import multer from 'multer';
import { feedMultipart } from './feed-multipart.ts';
import { createFileBody, type FileBody } from './file-body.ts';

const boundary = 'x-1';
const limits = { files: 3, fields: 4, fieldSize: 40, fieldNameSize: 12, headerPairs: 20, parts: 6 };

interface Outcome {
  /** Content as latin1 text. */
  files: Array<{ field: string; name: string; content: string }>;
  fields: Record<string, unknown>;
  /** A code of multer, or that the body is broken. */
  problem: string | null;
}

/** What a middleware makes of a body that arrives in these pieces. */
async function receive(
  middleware: ReturnType<multer.Multer['array']>,
  pieces: readonly Buffer[],
  contentOf: (file: Express.Multer.File) => Buffer,
) {
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'transfer-encoding': 'chunked' };
  const req = Object.assign(Readable.from(pieces, { objectMode: false }), { headers }) as unknown as Request;
  const error = await new Promise<unknown>((resolve) => middleware(req, {} as Response, resolve));
  const files = Array.isArray(req.files) ? req.files : [];
  const problem = error instanceof multer.MulterError ? error.code : error ? 'broken' : null;
  const outcome: Outcome = {
    files: problem
      ? []
      : files.map((file) => ({ field: file.fieldname, name: file.originalname, content: contentOf(file).toString('latin1') })),
    fields: problem ? {} : { ...req.body },
    problem,
  };
  return outcome;
}

/**
 * What busboy itself takes differently by how it is cut: more delimiters after the last one (looked at when they came in the same piece), and a delimiter
 * inside a header or straight after it (the header goes on behind it). Here the first is an epilogue and the second is refused, always.
 */
const isUnclear = (body: Buffer) => {
  const text = `\r\n${body.toString('latin1')}`;
  return /\r\n--x-1--[\s\S]*\r\n--x-1/.test(text) || /\r\n--x-1\r\n(?:(?!\r\n\r\n)[\s\S])*(?:\r\n)?\r\n--x-1/.test(text);
};

/** The judge: multer alone, content and all. */
const byMulter = (pieces: readonly Buffer[]) =>
  receive(multer({ storage: multer.memoryStorage(), limits, defParamCharset: 'utf8' }).array('file'), pieces, (file) => file.buffer);

/** multer for everything but the content of files; `slow` takes that a piece at a time, with turns of the event loop between. */
async function byFeed(pieces: readonly Buffer[], slow = false): Promise<Outcome> {
  let opened: FileBody | null = null;
  const storage: multer.StorageEngine = {
    _handleFile: (_req, file, callback) => {
      const body = createFileBody();
      opened = body;
      file.stream.resume().once('error', (error) => body.stream.destroy(error));
      void collect(body.stream, slow).then(
        (buffer) => callback(null, { buffer }),
        (error: unknown) => callback(error),
      );
    },
    _removeFile: (_req, _file, callback) => callback(null),
  };
  const take = () => {
    const body = opened;
    opened = null;
    return body;
  };
  const options = {
    storage,
    limits,
    defParamCharset: 'utf8',
    streamHandler: (req: Readable, parser: never) => feedMultipart(req, parser, boundary, take),
  };
  return receive(multer(options).array('file'), pieces, (file) => file.buffer);
}

async function collect(stream: Readable, slow: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (slow) await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(chunks);
}

/** Cuts a body at random places; many pieces of one byte when `sizes` is small. */
function cut(body: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(Buffer.from(body.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

/** What nearly is a delimiter, and what is hard to tell from one. */
const nearMiss = fc.constantFrom(
  '\r\n--x-',
  '\r\n--x',
  '\r\n-',
  '\r\n',
  '\r',
  '\n',
  '--x-1',
  '\n--x-1',
  '\r\r\n--x-',
  '\r\n\r\n',
  '-',
  '\r\n--x-2\r\n',
  '\r\n--X-1',
);
const content = fc
  .array(
    fc.oneof(
      nearMiss,
      fc.string({ maxLength: 30 }),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));
const name = fc.constantFrom('file', 'file', 'file', 'label', 'sheet', 'a%22b', 'a-name-that-is-too-long', '');
const filename = fc.constantFrom(
  'a.pdf',
  'Prüfung 1.pdf',
  'a\\"b.pdf',
  'C:\\\\x\\\\a.png',
  '../../etc/passwd',
  '考试.pdf',
  '%0D%0A.pdf',
  '',
);
const header = fc
  .record({
    name: fc.option(name, { freq: 8 }),
    filename: fc.option(filename, { freq: 2 }),
    star: fc.boolean(),
    type: fc.boolean(),
    extra: fc.boolean(),
  })
  .map((part) =>
    [
      part.extra ? 'X-Other: 1\r\n folded' : null,
      [
        'Content-Disposition: form-data',
        part.name === null ? null : `name="${part.name}"`,
        part.filename === null ? null : part.star ? `filename*=UTF-8''${encodeURIComponent(part.filename)}` : `filename="${part.filename}"`,
      ]
        .filter((item) => item !== null)
        .join('; '),
      part.type ? 'Content-Type: application/octet-stream' : null,
    ]
      .filter((line) => line !== null)
      .join('\r\n'),
  );
const part = fc.tuple(header, content).map(([head, text]) => `--${boundary}\r\n${head}\r\n\r\n${text}\r\n`);
const body = fc
  .record({
    preamble: fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      content.map((text) => `${text}\r\n`),
    ),
    parts: fc.array(part, { maxLength: 5 }),
    end: fc.oneof(
      { weight: 5, arbitrary: fc.constant(`--${boundary}--\r\n`) },
      fc.constantFrom('', `--${boundary}--`, `--${boundary}`, `--${boundary}-`, `--${boundary}\r\n`, `--${boundary}x\r\n--${boundary}--`),
    ),
    epilogue: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, content),
    /** Of the whole: cut off there. */
    kept: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  })
  // A name in UTF-8 next to content in any bytes.
  .map(({ preamble, parts, end, epilogue, kept }) => {
    const bytes = Buffer.concat(
      [preamble, ...parts, end, epilogue].map((text) => (/[\u0100-\uffff]|ü/.test(text) ? Buffer.from(text) : Buffer.from(text, 'latin1'))),
    );
    return bytes.subarray(0, Math.ceil(bytes.length * kept));
  });
const sizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 9 }),
  fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
);

const file = (text: string, more = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"${more}\r\n\r\n${text}\r\n`;
const whole = (...parts: string[]) => Buffer.from(`${parts.join('')}--${boundary}--\r\n`, 'latin1');

describe('a multipart body, fed beside its parser', () => {
  it('becomes what multer alone makes of it, however it is made and cut', async () => {
    await fc.assert(
      fc.asyncProperty(body, sizes, fc.boolean(), async (bytes, places, slow) => {
        fc.pre(!isUnclear(bytes));
        const pieces = cut(bytes, places);
        expect(await byFeed(pieces, slow)).toEqual(await byMulter(pieces));
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 1_000) },
    );
  }, 300_000);

  it('ends with its last delimiter, whatever follows in the same piece', async () => {
    const bytes = Buffer.concat([whole(file('x')), whole(file('y'))]);
    for (const size of [1, 9, 10_000]) expect((await byFeed(cut(bytes, [size]))).files.map(({ content: found }) => found)).toEqual(['x']);
  });

  it('keeps every byte of large files in small and large pieces', async () => {
    const text = Buffer.alloc(300_000, 'some text\r\n--x-\r\n').toString('latin1');
    for (const size of [1_000, 65_536, 1_000_000])
      expect((await byFeed(cut(whole(file(text), file('second')), [size]), true)).files.map(({ content: found }) => found)).toEqual([
        text,
        'second',
      ]);
  });

  it.each([
    ['a delimiter in the middle of a header', `--${boundary}\r\nContent-Disposition: form-data\r\n--${boundary}--\r\n`],
    [
      'a delimiter straight after a header',
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n--${boundary}\r\nX: y\r\n\r\n\r\n--${boundary}--`,
    ],
    ['a header without end', `--${boundary}\r\nContent-Disposition: ${'x'.repeat(20_000)}`],
    ['a header without a name', `--${boundary}\r\n\r\nx\r\n--${boundary}--`],
    ['no end', file('x').slice(0, -2)],
    ['nothing', ''],
  ])('%s is refused as broken', async (_what, text) => {
    for (const size of [1, 7, 100_000])
      expect(await byFeed(cut(Buffer.from(text), [size]))).toEqual({ files: [], fields: {}, problem: 'broken' });
  });

  it('is refused by the limits of multer', async () => {
    const problemOf = async (...parts: string[]) => (await byFeed([whole(...parts)])).problem;
    expect(await problemOf(file('1'), file('2'), file('3'), file('4'))).toBe('LIMIT_FILE_COUNT');
    expect(await problemOf(file('1').replace('"file"', '"other"'))).toBe('LIMIT_UNEXPECTED_FILE');
    const field = (length: number) => `--${boundary}\r\nContent-Disposition: form-data; name="f"\r\n\r\n${'x'.repeat(length)}\r\n`;
    expect(await problemOf(field(41))).toBe('LIMIT_FIELD_VALUE');
    expect(await problemOf(field(100_000))).toBe('LIMIT_FIELD_VALUE');
    expect(await problemOf(field(1), field(1), field(1), field(1), field(1))).toBe('LIMIT_FIELD_COUNT');
  });

  it('ends what takes a file when the client goes away', async () => {
    const opened: FileBody[] = [];
    const req = new Readable({ read() {} });
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'transfer-encoding': 'chunked' };
    const storage: multer.StorageEngine = {
      _handleFile: (_req, { stream }, callback) => {
        const taken = createFileBody();
        opened.push(taken);
        stream.resume().once('error', (error) => taken.stream.destroy(error));
        collect(taken.stream, false).then(() => callback(null, {}), callback);
      },
      _removeFile: (_req, _file, callback) => callback(null),
    };
    const options = {
      storage,
      streamHandler: (_req: unknown, parser: never) => feedMultipart(req, parser, boundary, () => opened.at(-1) ?? null),
    };
    const ended = new Promise<unknown>((resolve) =>
      multer(options).array('file')(Object.assign(req, { headers }) as unknown as Request, {} as Response, resolve),
    );
    req.push(file('half of').slice(0, -2));
    req.push(Buffer.alloc(200_000, 'x'));
    setImmediate(() => req.destroy());
    expect(await ended).toBeInstanceOf(Error);
    expect(opened.map(({ stream }) => stream.destroyed)).toEqual([true]);
  });
});

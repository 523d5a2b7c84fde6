import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createReadingPool, type ReadingPool, type ReadingPoolOptions, type ReadPageRequest } from '../index.ts';
import { testEngines } from '../testing/engines.ts';
import { errorRate, ocrFixture } from '../testing/fixtures.ts';
import { makeSheet, prose, writeLines } from '../testing/sheet.ts';
import type { KnownPage } from '../types.ts';
import { createKnownPages } from './known-pages.ts';

const patient = 120_000;
let folder: Awaited<ReturnType<typeof createTempDir>>;
let typedSheet: string;
const pools: ReadingPool[] = [];

beforeAll(async () => {
  folder = await createTempDir();
  typedSheet = await makeSheet(folder.path, 'typed', (page, { font }) => writeLines(page, font, prose));
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));
afterAll(() => folder.remove());

function openPool(options: Partial<ReadingPoolOptions> = {}): ReadingPool {
  const pool = createReadingPool({ size: 1, limits: { maxPages: 500, maxPagePixels: 100_000_000 }, timeoutMs: patient, ...options });
  pools.push(pool);
  return pool;
}

const request = (absolutePath: string, mediaType: ReadPageRequest['file']['mediaType'] = 'application/pdf'): ReadPageRequest => ({
  file: { absolutePath, mediaType },
  filePage: 1,
  number: 1,
  languages: ['eng'],
});
const scan = request(ocrFixture('phototest.tif'), 'image/tiff');

/** Process that read the page, as the engine `pid` tells it. */
const pidOf = async (pool: ReadingPool, page = scan) => Number((await pool.readPage(page)).reading.text);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Reading children of this process. */
function readingProcesses(): number[] {
  const pids = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return pids.split('\n').flatMap((line) => (line.includes('child-main.ts') ? [Number.parseInt(line, 10)] : []));
}

/** Kills the children of this process if one of them is reading from a pipe: it can be opened for writing then. They stand still meanwhile. */
function killOnceReading(pipe: string): number[] | null {
  const pids = readingProcesses();
  const send = (signal: NodeJS.Signals) => pids.forEach((pid) => void process.kill(pid, signal));
  send('SIGSTOP');
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    send('SIGCONT');
    return null;
  }
  send('SIGKILL');
  return pids;
}

describe('a look at a file', () => {
  it('tells type and pages by content, an owner password or not', async () => {
    const pool = openPool();
    const disguised = `${folder.path}/scan.pdf.exe`;
    await writeFile(disguised, Buffer.concat([Buffer.alloc(900, ' '), await readFile(typedSheet)]));
    expect(await pool.inspect(disguised)).toEqual({ mediaType: 'application/pdf', pages: 1 });
    expect(await pool.inspect(ocrFixture('owner-password.pdf'))).toEqual({ mediaType: 'application/pdf', pages: 1 });
    expect(await pool.inspect(ocrFixture('phototest.tif'))).toEqual({ mediaType: 'image/tiff', pages: 1 });
    expect(await pool.inspect(ocrFixture('exif-90.jpg'))).toEqual({ mediaType: 'image/jpeg', pages: 1 });
  });

  it('counts the frames of a TIFF, whose directory may stand at its end', async () => {
    const frame = (grey: number) =>
      sharp({ create: { width: 300, height: 200, channels: 3, background: { r: grey, g: grey, b: grey } } })
        .png()
        .toBuffer();
    const file = `${folder.path}/two.tif`;
    await sharp([await frame(255), await frame(250)], { join: { animated: true } })
      .tiff({ compression: 'none' })
      .toFile(file);
    const pool = openPool();
    expect(await pool.inspect(file)).toEqual({ mediaType: 'image/tiff', pages: 2 });
    expect((await pool.readPage({ ...request(file, 'image/tiff'), filePage: 2, number: 2 })).reading).toMatchObject({
      number: 2,
      width: 300,
      height: 200,
    });
  });

  it('refuses by name what cannot be read', async () => {
    const pool = openPool({ limits: { maxPages: 500, maxPagePixels: 3_000_000 } });
    const write = async (name: string, content: string | Buffer) => {
      await writeFile(`${folder.path}/${name}`, content);
      return `${folder.path}/${name}`;
    };
    const refused: Record<string, string> = {
      [ocrFixture('encrypted.pdf')]: 'PDF_ENCRYPTED',
      [ocrFixture('broken.pdf')]: 'PDF_UNREADABLE',
      [ocrFixture('bomb.pdf')]: 'PAGE_TOO_LARGE',
      [ocrFixture('enormous-page.pdf')]: 'PAGE_TOO_LARGE',
      [ocrFixture('book-page.png')]: 'IMAGE_TOO_LARGE',
      [await write('empty.pdf', '')]: 'EMPTY_FILE',
      [await write('notes.pdf', 'These are my answers.')]: 'UNSUPPORTED_FILE_TYPE',
      [await write('page.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')]: 'UNSUPPORTED_FILE_TYPE',
      [await write('header-only.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))]: 'IMAGE_UNREADABLE',
    };
    for (const [file, code] of Object.entries(refused))
      await expect(pool.inspect(file)).rejects.toMatchObject({ name: 'RefusedFileError', code });
    await expect(openPool({ limits: { maxPages: 0, maxPagePixels: 1e8 } }).inspect(typedSheet)).rejects.toMatchObject({
      code: 'TOO_MANY_PAGES',
    });
  });

  it('calls a file unreadable that ends the process, and the next one is looked at', async () => {
    const pool = openPool();
    const pipe = `${folder.path}/never.pdf`;
    execFileSync('mkfifo', [pipe]);
    const refusal = pool.inspect(pipe).catch((error: unknown) => error);
    for (let crash = 0; crash < 2; crash += 1) {
      const killed = await waitFor(() => killOnceReading(pipe));
      await waitFor(() => !killed.some(isRunning));
    }
    expect(await refusal).toMatchObject({ name: 'RefusedFileError', code: 'PDF_UNREADABLE' });
    expect(await pool.inspect(typedSheet)).toMatchObject({ pages: 1 });
  });

  it('calls a file unreadable that keeps the process busy', async () => {
    await expect(openPool({ timeoutMs: 1 }).inspect(typedSheet)).rejects.toMatchObject({
      name: 'RefusedFileError',
      code: 'PDF_UNREADABLE',
    });
  });
});

describe('a page', () => {
  it(
    'is read by the built-in engine: a printed book page with under 1 %, a typewritten letter with under 10 % of the characters wrong',
    async () => {
      const pool = openPool({ ocrEngine: 'tesseract.js' });
      const book = await pool.readPage(request(ocrFixture('book-page.png'), 'image/png'));
      expect(book.reading.engine).toMatch(/^tesseract\.js 7\.0\.0 eng \w+$/);
      expect(await errorRate(book.reading.text, 'book-page.txt')).toBeLessThan(0.01);
      expect(book.reading.confidence).toBeGreaterThan(0.9);
      expect(Math.max(...book.reading.words.map(({ box }) => box[1] + box[3]))).toBeLessThanOrEqual(book.reading.height);
      const letter = await pool.readPage(request(ocrFixture('typed-page.jpg'), 'image/jpeg'));
      expect(await errorRate(letter.reading.text, 'typed-page.txt')).toBeLessThan(0.1);
    },
    patient,
  );

  it('that crashes its process fails alone; the next one is read by a new process', async () => {
    const pool = openPool({ engineModule: testEngines.crash });
    await expect(pool.readPage(scan)).rejects.toMatchObject({
      name: 'UnavailableError',
      code: 'READER_CRASHED',
      message: expect.stringContaining('SIGSEGV'),
    });
    expect((await pool.readPage(request(typedSheet))).reading.engine).toBe('text-layer');
  });

  it('that never ends is killed after its time, and the next one is read', async () => {
    const pool = openPool({ timeoutMs: 8_000 });
    await expect(pool.readPage(request(ocrFixture('endless.pdf')))).rejects.toMatchObject({ code: 'READER_TIMED_OUT' });
    expect((await pool.readPage(request(typedSheet))).reading.engine).toBe('text-layer');
  });

  it('is given up at once when the caller says so, in the process and in the queue before it', async () => {
    const pool = openPool({ engineModule: testEngines.hang });
    const [first, second] = [new AbortController(), new AbortController()];
    const running = pool.readPage(scan, { signal: first.signal });
    const waiting = pool.readPage(scan, { signal: second.signal });
    second.abort(new Error('not wanted'));
    await expect(waiting).rejects.toThrow('not wanted');
    first.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect((await pool.readPage(request(typedSheet))).reading.engine).toBe('text-layer');
  });
});

describe('a page that was read before', () => {
  const known: KnownPage = {
    ...{ engine: 'earlier', confidence: 0.7, doubts: ['LOW_CONFIDENCE'] },
    lines: [
      [
        { text: 'read', confidence: 0.9, box: [1, 2, 3, 4] },
        { text: 'before', confidence: 0.5, box: [5, 6, 7, 8] },
      ],
    ],
  };

  it('is taken from there, by the hash of its pixels, without asking the engine', async () => {
    const pool = openPool({ engineModule: testEngines.crash });
    const asked: string[] = [];
    const findKnown = async (contentHash: string) => {
      asked.push(contentHash);
      return known;
    };
    const page = request(ocrFixture('book-page.png'), 'image/png');
    const { reading, picture } = await pool.readPage(page, { findKnown });
    expect(reading).toMatchObject({
      text: 'read before',
      engine: 'earlier',
      confidence: 0.7,
      doubts: ['LOW_CONFIDENCE'],
      contentHash: asked[0],
    });
    expect(reading.words.map(({ box }) => box)).toEqual(known.lines[0]?.map(({ box }) => box));
    expect(picture.length).toBeGreaterThan(0);
    await pool.readPage(page, { findKnown });
    expect(asked).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), asked[0]]);
  });

  it('is not waited for once the caller gave up, and an answer that comes then harms nobody', async () => {
    const pool = openPool({ engineModule: testEngines.pid });
    const stop = new AbortController();
    const answer = Promise.withResolvers<KnownPage | null>();
    const findKnown = () => {
      stop.abort(new Error('not wanted'));
      return answer.promise;
    };
    await expect(pool.readPage(scan, { findKnown, signal: stop.signal })).rejects.toThrow('not wanted');
    answer.resolve(known);
    expect(await pidOf(pool)).toBeGreaterThan(0);
  });

  it('is read again when the answer takes too long', async () => {
    const questions: number[] = [];
    const pages = createKnownPages((question) => questions.push(question), 20);
    const [first, second] = [pages.find('a'), pages.find('b')];
    pages.settle(questions[1] ?? 0, known);
    expect([await first, await second]).toEqual([null, known]);
    pages.settle(questions[0] ?? 0, known);
  });
});

describe('the processes of a pool', () => {
  it('are kept for the next page and replaced after their number of pages', async () => {
    const pool = openPool({ engineModule: testEngines.pid, recycleAfterPages: 2 });
    const pids = [await pidOf(pool), await pidOf(pool), await pidOf(pool)];
    expect(pids[1]).toBe(pids[0]);
    expect(pids[2]).not.toBe(pids[0]);
    await waitFor(() => !isRunning(pids[0] ?? 0));
  });

  it('are replaced when they hold too much memory, and end when there is nothing to do', async () => {
    const greedy = openPool({ engineModule: testEngines.pid, recycleAboveMb: 1 });
    expect(await pidOf(greedy)).not.toBe(await pidOf(greedy));
    const pid = await pidOf(openPool({ engineModule: testEngines.pid, idleMs: 10 }));
    await waitFor(() => !isRunning(pid));
  });

  it('work side by side, no more of them than allowed', async () => {
    const pool = openPool({ engineModule: testEngines.pid, size: 2 });
    const pids = await Promise.all(Array.from({ length: 6 }, () => pidOf(pool)));
    expect(new Set(pids).size).toBe(2);
  });

  it('are gone after close, and what they did fails as unavailable', async () => {
    const pool = openPool({ engineModule: testEngines.pid });
    const pid = await pidOf(pool);
    const hanging = openPool({ engineModule: testEngines.hang });
    const running = expect(hanging.readPage(scan)).rejects.toMatchObject({ code: 'READER_CLOSED' });
    await Promise.all([pool.close(), hanging.close()]);
    await running;
    expect(isRunning(pid)).toBe(false);
    await expect(pool.readPage(scan)).rejects.toMatchObject({ code: 'READER_CLOSED' });
  });

  it('end with their parent, even when it was killed and a page keeps them busy', async () => {
    const parent = fork(new URL('../testing/hanging-parent.ts', import.meta.url), { execArgv: [], serialization: 'advanced' });
    const [pid] = (await once(parent, 'message')) as [number];
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor(() => !isRunning(pid));
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';
import type { GreyImage } from '../types.ts';
import { encodeSpix } from './encode-spix.ts';

/** Longer than any page may take: whoever waits has given up by then. */
const longestReadMs = 120_000;
/** Of what the program says when it fails. */
const keptNoise = 500;
/** Places of the picture to read and of an empty one among the program's files. */
const [pictureFile, emptyFile] = ['/dev/fd/3', '/dev/fd/4'];
/**
 * The program writes when 4,096 bytes have come together. So many empty pages behind each picture, of 24 bytes and 0.02 ms each, push out all that
 * was read of it.
 */
const emptyPages = 192;
const emptyPicture: GreyImage = { width: 8, height: 8, data: new Uint8Array(64).fill(255) };

/** A running `tesseract`. */
export interface NativeProcess {
  isAlive(): boolean;
  /** Picture in, TSV out, one at a time. Throws UnavailableError OCR_ENGINE_FAILED when the program does not start, ends, or takes more than two minutes. */
  read(image: GreyImage): Promise<string>;
  /** No further picture comes: it ends by itself. */
  end(): void;
}

/**
 * Starts a `tesseract` that stays for further pictures, since its start costs a tenth of a second (it reads the language data). It is told to read a list
 * of files that never ends. Pictures are handed over in a file without a name: nothing of a page is left behind whoever is killed when. The process
 * belongs to the process group of its starter; it ends with `signal` or with its starter.
 */
export async function startNativeProcess(file: string, args: readonly string[], signal: AbortSignal): Promise<NativeProcess> {
  const [picture, empty] = await Promise.all([openNameless(), openNameless()]);
  await replaceContent(empty, emptyPicture);
  const child = spawn(file, [...args, '-c', 'stream_filelist=1'], {
    // Pages are spread over processes: a second thread within one would only take the core of another page.
    env: { PATH: process.env.PATH, LANG: 'C', OMP_THREAD_LIMIT: '1' },
    stdio: ['pipe', 'pipe', 'pipe', picture.fd, empty.fd],
    killSignal: 'SIGKILL',
    signal,
  });
  let fault: string | null = null;
  const ended = watchEnd(child).then(async (why) => {
    fault = why;
    await Promise.all([picture.close(), empty.close()]);
    return why;
  });
  // A program that ends before it has read its list breaks the pipe; its exit code says why.
  child.stdin?.on('error', () => undefined);
  const output = collectPages(child);
  // It keeps nobody from ending: what waits for a picture is held by its timer.
  for (const held of [child, child.stdin, child.stdout, child.stderr]) (held as Pick<Socket, 'unref'> | null)?.unref();
  let pages = 0;
  return {
    isAlive: () => fault === null,
    end: () => void child.stdin?.end(),
    read: async (image) => {
      await replaceContent(picture, image).catch((error: unknown) =>
        Promise.reject(failed(fault ?? `cannot be given the picture: ${error}`)),
      );
      const wanted = output.until(pages + 2);
      pages += 1 + emptyPages;
      child.stdin?.write(`${pictureFile}\n${`${emptyFile}\n`.repeat(emptyPages)}`);
      const timer = setTimeout(() => child.kill('SIGKILL'), longestReadMs);
      try {
        return await Promise.race([wanted, ended.then((why) => Promise.reject(failed(why)))]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function failed(why: string): UnavailableError {
  return new UnavailableError({ code: 'OCR_ENGINE_FAILED', detail: `tesseract ${why}` });
}

/** A file that is gone when nobody has it open any more. */
async function openNameless(): Promise<FileHandle> {
  const name = path.join(tmpdir(), `gradeflow-ocr-${randomUUID()}`);
  const handle = await open(name, 'wx+', 0o600);
  await rm(name);
  return handle;
}

async function replaceContent(file: FileHandle, image: GreyImage): Promise<void> {
  const bytes = encodeSpix(image);
  await file.truncate(0);
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

/** Collects TSV; `until` waits for the first row of a page (1-based) and gives what stands before it. */
function collectPages({ stdout }: ChildProcess) {
  let text = '';
  let check = () => undefined as undefined;
  stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    check();
  });
  return {
    until: (page: number): Promise<string> =>
      new Promise((resolve) => {
        const firstRow = `\n1\t${page}\t`;
        check = () => {
          const end = text.indexOf(firstRow);
          if (end < 0) return;
          resolve(text.slice(0, end));
          text = text.slice(end);
          check = () => undefined;
        };
      }),
  };
}

/** Resolves with how the process came to its end and the last it said. */
function watchEnd(child: ChildProcess): Promise<string> {
  let noise = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    noise = (noise + chunk).slice(-keptNoise);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${error.message}: ${noise.trim()}`));
    child.once('close', (code, by) => resolve(`${by ? `ended by ${by}` : `ended with ${code}`}: ${noise.trim()}`));
  });
}

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';

export interface EncodedForm {
  contentType: string;
  /** Of the whole body, so that a server can refuse it before it is sent. */
  contentLength: number;
  /** Of the files alone. */
  fileBytes: number;
  body: Readable;
}

/**
 * A multipart/form-data body (RFC 7578) of one text field and files streamed from disk. The platform's FormData hides how much has
 * been sent and does not survive being stopped in the middle. Throws the file system's error for a file that is not there.
 */
export async function encodeForm(files: string[], label: string | undefined): Promise<EncodedForm> {
  const boundary = `gradeflow-${randomUUID()}`;
  const field = label === undefined ? '' : `--${boundary}\r\nContent-Disposition: form-data; name="label"\r\n\r\n${label}\r\n`;
  const heads = files.map(
    (file) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escapeName(path.basename(file))}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = `--${boundary}--\r\n`;
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const fileBytes = sizes.reduce((sum, size) => sum + size, 0);
  const framing = [field, tail, ...heads].reduce((sum, part) => sum + Buffer.byteLength(part), 2 * files.length);
  async function* parts() {
    yield Buffer.from(field);
    for (const [i, file] of files.entries()) {
      yield Buffer.from(heads[i] ?? '');
      yield* createReadStream(file);
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(tail);
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: framing + fileBytes,
    fileBytes,
    body: Readable.from(parts()),
  };
}

/** As browsers do it (WHATWG HTML, multipart/form-data encoding algorithm). */
function escapeName(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

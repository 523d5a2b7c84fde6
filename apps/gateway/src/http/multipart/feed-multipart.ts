import { type Readable, Writable } from 'node:stream';
import { createMultipartCutter, MalformedMultipartError } from './cut-multipart.ts';
import type { FileBody } from './file-body.ts';

/**
 * Feeds a multipart body to its parser, but the content of files to whoever takes them. `opened` gives the body of the file that the parser has just begun,
 * null when it has begun none that is wanted. A broken body destroys the parser with an error. Once the parser has failed, ended, or been let go of, the
 * rest is read and thrown away.
 */
export function feedMultipart(req: Readable, parser: Writable, boundary: string, opened: () => FileBody | null): void {
  let file: FileBody | null = null;
  let failed = false;
  let parsed: (() => void) | null = null;
  const isOver = () => failed || parser.destroyed || parser.listenerCount('file') === 0;
  const tellParsed = () => {
    const go = parsed;
    parsed = null;
    go?.();
  };
  parser.once('close', tellParsed);
  parser.once('error', () => {
    failed = true;
  });

  const cutter = createMultipartCutter(boundary, {
    toParser: (bytes) =>
      void parser.write(bytes, () => {
        if (parser.writableLength === 0) tellParsed();
      }),
    takesFile: () => {
      file = opened();
      return file !== null;
    },
    toFile: (bytes) => file?.write(bytes),
    endFile: () => {
      file?.end();
      file = null;
    },
  });

  /** Steps while there is something to do; false when that has to wait for the parser. */
  const stepOn = (): boolean => {
    try {
      while (!isOver() && parser.writableLength === 0) if (!cutter.step()) return true;
    } catch (error) {
      if (!(error instanceof MalformedMultipartError)) throw error;
      parser.destroy(error);
    }
    return isOver();
  };

  const work = (callback: () => void): void => {
    if (!stepOn()) parsed = () => work(callback);
    else if (file) file.whenWanted(callback);
    else callback();
  };

  const feeder = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      if (isOver()) return callback();
      cutter.add(chunk);
      work(callback);
    },
    final: (callback) => {
      if (!isOver()) parser.end();
      callback();
    },
  });
  req.pipe(feeder);
}

import { Readable } from 'node:stream';

/** The content of one file on its way from the body of a request to whoever stores it. */
export interface FileBody {
  readonly stream: Readable;
  /** Must not be called again before `whenWanted` has called back, or memory grows. */
  write(bytes: Buffer): void;
  /** Calls back once more bytes are wanted, or never will be: the stream has ended or is destroyed. */
  whenWanted(callback: () => void): void;
  end(): void;
}

export function createFileBody(): FileBody {
  let wanted = true;
  let waiting: (() => void) | null = null;
  const go = () => {
    wanted = true;
    const callback = waiting;
    waiting = null;
    callback?.();
  };
  const stream = new Readable({
    read: go,
    destroy: (error, callback) => {
      callback(error);
      go();
    },
  });
  // It may fail before anybody reads; whoever reads later still sees it.
  stream.on('error', () => {});
  return {
    stream,
    write: (bytes) => {
      if (!stream.destroyed) wanted = stream.push(bytes);
    },
    whenWanted: (callback) => {
      if (wanted || stream.destroyed) callback();
      else waiting = callback;
    },
    end: () => {
      if (!stream.destroyed) stream.push(null);
    },
  };
}

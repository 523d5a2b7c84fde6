const lineEnd = Buffer.from('\r\n');
const headerEnd = Buffer.from('\r\n\r\n');
const closing = Buffer.from('--');
const nothing = Buffer.alloc(0);
const cr = 0x0d;
/** As busboy has it. */
const maxHeaderBytes = 16 * 1024;

/** Who gets which bytes of a body. */
export interface MultipartTargets {
  /** Delimiters, headers, and the content of every part that nobody takes. */
  toParser(bytes: Buffer): void;
  /** Asked once the parser has worked through a header: whether the content goes to `toFile`. */
  takesFile(): boolean;
  toFile(bytes: Buffer): void;
  endFile(): void;
}

export interface MultipartCutter {
  /** Takes the next bytes of the body, however they are cut. */
  add(chunk: Buffer): void;
  /**
   * One step, to be called when the parser has worked through what it was given. False when it needs more bytes, true when there may be more to do.
   * Throws MalformedMultipartError.
   */
  step(): boolean;
}

export class MalformedMultipartError extends Error {}

type State = 'content' | 'after-delimiter' | 'header' | 'opened' | 'epilogue';

/**
 * Finds the delimiters of a multipart body with the search of the runtime, which is many times faster than a parser's own, and keeps the content of files
 * away from the parser, which is left with everything that wants judgement: headers, names, fields, limits.
 */
export function createMultipartCutter(boundary: string, targets: MultipartTargets): MultipartCutter {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let state: State = 'content';
  let takenAsFile = false;
  // The first delimiter needs no line before it; as for the parser, one is put there.
  let rest: Buffer = lineEnd;
  /** Leading bytes of `rest` that the parser has already. */
  let ahead = lineEnd.length;

  const consume = (count: number): Buffer => {
    const bytes = rest.subarray(0, count);
    rest = rest.subarray(count);
    return bytes;
  };
  const parse = (count: number): void => {
    const known = Math.min(ahead, count);
    ahead -= known;
    const bytes = consume(count).subarray(known);
    if (bytes.length > 0) targets.toParser(bytes);
  };
  const passContent = (count: number): void => {
    if (!takenAsFile) parse(count);
    else if (count > 0) targets.toFile(consume(count));
  };

  const content = (): boolean => {
    const found = rest.indexOf(delimiter);
    passContent(found === -1 ? rest.length - openTail(rest, delimiter) : found);
    if (found === -1) return false;
    if (takenAsFile) targets.endFile();
    takenAsFile = false;
    parse(delimiter.length);
    state = 'after-delimiter';
    return true;
  };

  const afterDelimiter = (): boolean => {
    const another = startsWith(rest, delimiter);
    if (!another && (rest.length < closing.length || startsWith(delimiter, rest))) return false;
    if (another) parse(delimiter.length);
    else if (startsWith(rest, closing)) {
      parse(closing.length);
      state = 'epilogue';
    } else state = startsWith(rest, lineEnd) ? 'header' : 'content';
    return true;
  };

  const header = (): boolean => {
    const end = rest.indexOf(headerEnd);
    const next = rest.indexOf(delimiter);
    if (next !== -1 && (end === -1 || next <= end + lineEnd.length)) throw new MalformedMultipartError('a delimiter inside a header');
    if ((end === -1 ? rest.length : end) > maxHeaderBytes) throw new MalformedMultipartError('a header that is too long');
    if (end === -1) return false;
    // The header's last line end may begin a delimiter: the parser, too, knows only with the first byte that is none of one.
    const from = end + lineEnd.length;
    if (startsWith(delimiter, rest.subarray(from))) return false;
    let differs = 0;
    while (rest[from + differs] === delimiter[differs]) differs += 1;
    const begin = end + headerEnd.length;
    ahead = from + differs + 1 - begin;
    const parsed = rest.subarray(0, begin + ahead);
    rest = rest.subarray(begin);
    state = 'opened';
    targets.toParser(parsed);
    return true;
  };

  const opened = (): boolean => {
    takenAsFile = targets.takesFile();
    if (takenAsFile) ahead = 0;
    state = 'content';
    return true;
  };

  const epilogue = (): boolean => {
    rest = nothing;
    return false;
  };

  const steps: Record<State, () => boolean> = { content, 'after-delimiter': afterDelimiter, header, opened, epilogue };
  return {
    add: (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    },
    step: () => steps[state](),
  };
}

function startsWith(bytes: Buffer, beginning: Buffer): boolean {
  return bytes.length >= beginning.length && bytes.compare(beginning, 0, beginning.length, 0, beginning.length) === 0;
}

/** How many of the last bytes may be the beginning of a delimiter. */
function openTail(bytes: Buffer, delimiter: Buffer): number {
  let at = bytes.indexOf(cr, Math.max(0, bytes.length - delimiter.length + 1));
  while (at !== -1) {
    if (startsWith(delimiter, bytes.subarray(at))) return bytes.length - at;
    at = bytes.indexOf(cr, at + 1);
  }
  return 0;
}

import type { Writable } from 'node:stream';

export interface Progress {
  /** `share` is 0–1; `text` says what is being done. */
  update(share: number, text: string): void;
  /** A line that stays, above the bar. */
  say(line: string): void;
  /** Removes the bar. */
  done(): void;
}

const width = 28;

/**
 * Progress on stderr: a bar that redraws itself on a terminal, plain lines when `text` changes elsewhere (a log file), nothing when
 * `quiet`.
 */
export function createProgress(out: Writable, options: { quiet?: boolean | undefined } = {}): Progress {
  if (options.quiet) return { update: () => {}, say: () => {}, done: () => {} };
  const isTerminal = 'isTTY' in out && out.isTTY === true;
  let last = '';
  const clear = () => {
    if (isTerminal && last) out.write('\r\x1b[2K');
    last = '';
  };
  return {
    update(share, text) {
      const part = Math.max(0, Math.min(1, share));
      const filled = Math.round(part * width);
      const bar = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${String(Math.round(part * 100)).padStart(3)} % ${text}`;
      const line = isTerminal ? bar : text;
      if (line === last) return;
      if (isTerminal) out.write(`\r\x1b[2K${line}`);
      else out.write(`${line}\n`);
      last = line;
    },
    say(line) {
      clear();
      out.write(`${line}\n`);
    },
    done: clear,
  };
}

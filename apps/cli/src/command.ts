import type { Writable } from 'node:stream';

export interface CommandStreams {
  /** Results only, so that a pipe gets nothing else. */
  stdout: Writable;
  /** Progress, warnings and faults. */
  stderr: Writable;
}

/** One word of the `gradeflow` command line; each file in commands/ exports one as `command`. */
export interface Command {
  name: string;
  /** Half a line for the list of commands. */
  summary: string;
  /** What `--help` prints. */
  usage: string;
  /** Resolves with the exit code: 0 well, 1 failed, 2 wrong usage. May throw AppError, which is printed and ends with 1. */
  run(args: string[], io: CommandStreams): Promise<number>;
  /** Goes on when nobody reads its output any more; the others end then. */
  survivesClosedOutput?: boolean;
}

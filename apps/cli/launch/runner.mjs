import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './paths.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs programs one after another and passes on the signals that reach this process; after the first signal no further program is begun.
 * `run` resolves with the exit code (128 + number for a signal), `capture` also with what the program wrote.
 */
export function createRunner() {
  let child = null;
  let stoppedBy = null;
  for (const signal of forwarded) {
    process.on(signal, () => {
      stoppedBy ??= signal;
      child?.kill(signal);
    });
  }

  const start = (command, args, options) => {
    if (stoppedBy) throw Object.assign(new Error(`stopped by ${stoppedBy}`), { exitCode: exitCodeOf(null, stoppedBy) });
    child = spawn(command, args, { cwd: root(), ...options });
    return child;
  };

  const ended = (process) =>
    new Promise((resolve, reject) => {
      process.once('error', (error) => reject(new Error(`${process.spawnargs[0]} could not be started: ${error.message}`)));
      process.once('close', (code, signal) => {
        child = null;
        resolve(exitCodeOf(code, signal));
      });
    });

  return {
    /** `ipc` opens a channel whose end tells the child that this process is gone, however it went. */
    run: (command, args, { env, cwd = root(), ipc = false, stdout = 'inherit' }) =>
      ended(start(command, args, { env, cwd, stdio: ['inherit', stdout, 'inherit', ...(ipc ? ['ipc'] : [])] })),

    async capture(command, args, { env }) {
      const process = start(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [process.stdout, process.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
      return { code: await ended(process), output };
    },
  };
}

const exitCodeOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { createInterface } from 'node:readline';

/** A program that is to run until it is stopped. */
export interface ProgramSpec {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Added to the priority: 10 gives way to everybody else. */
  niceness?: number;
}

export interface Supervisor {
  start(spec: ProgramSpec): void;
  /** SIGTERM to the named programs at once, SIGKILL after `graceMs`; resolves when they and what they started are gone. */
  stop(names: string[], graceMs: number): Promise<void>;
  /** SIGKILL to everything, at once. */
  kill(): void;
}

export interface SupervisorOptions {
  /** Takes what the programs write, line by line. */
  onLine(name: string, line: string): void;
  /** Takes what the supervisor itself has to say. */
  onNotice(text: string): void;
  /** Told the moment a program has ended, with the INSTANCE_ID that this run of it had. */
  onExit(instanceId: string): void;
  minBackoffMs?: number;
  maxBackoffMs?: number;
  /** A program that lived this long begins again with the shortest wait. */
  healthyMs?: number;
}

interface Program {
  spec: ProgramSpec;
  child: ChildProcess | null;
  timer: NodeJS.Timeout | null;
  backoffMs: number;
  stopping: boolean;
  ended: Promise<void>;
}

/**
 * Keeps programs running: one process each in a process group of its own, restarted with a wait that doubles from 0.2 to 10 s while they die
 * young. Every run gets a fresh INSTANCE_ID and an IPC channel, whose end tells it that this process is gone.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { onLine, onNotice, onExit, minBackoffMs = 200, maxBackoffMs = 10_000, healthyMs = 30_000 } = options;
  const programs = new Map<string, Program>();

  const launch = (program: Program): void => {
    const { name, command, args, env, niceness } = program.spec;
    const instanceId = `${name}-${randomBytes(4).toString('hex')}`;
    const startedAt = Date.now();
    // A group of its own: Ctrl-C reaches everything in the terminal's group, and would end the workers before the gateway.
    const child = spawn(command, args, {
      env: { ...env, INSTANCE_ID: instanceId },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    program.child = child;
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => onLine(name, line));
    if (niceness !== undefined && child.pid !== undefined) os.setPriority(child.pid, niceness);
    program.ended = new Promise((resolve) => {
      const end = (how: string) => {
        program.child = null;
        if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL'); // What the program itself had started and left.
        onExit(instanceId);
        if (!program.stopping) restartLater(program, how, Date.now() - startedAt);
        resolve();
      };
      child.once('error', (error) => child.pid === undefined && end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  };

  const restartLater = (program: Program, how: string, livedMs: number): void => {
    const waitMs = livedMs >= healthyMs ? minBackoffMs : program.backoffMs;
    program.backoffMs = Math.min(maxBackoffMs, waitMs * 2);
    onNotice(`${program.spec.name} ended (${how}), starts again in ${waitMs / 1000} s`);
    program.timer = setTimeout(() => launch(program), waitMs);
  };

  const stopOne = async (program: Program, graceMs: number): Promise<void> => {
    program.stopping = true;
    if (program.timer) clearTimeout(program.timer);
    const { child } = program;
    if (!child) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => {
      onNotice(`${program.spec.name} is not done after ${graceMs / 1000} s and is ended by force`);
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    }, graceMs);
    await program.ended;
    clearTimeout(late);
  };

  return {
    start(spec) {
      const program: Program = { spec, child: null, timer: null, backoffMs: minBackoffMs, stopping: false, ended: Promise.resolve() };
      programs.set(spec.name, program);
      launch(program);
    },
    async stop(names, graceMs) {
      const chosen = names.map((name) => programs.get(name)).filter((program) => program !== undefined);
      await Promise.all(chosen.map((program) => stopOne(program, graceMs)));
    },
    kill() {
      for (const program of programs.values()) {
        program.stopping = true;
        if (program.timer) clearTimeout(program.timer);
        if (program.child?.pid !== undefined) signalGroup(program.child.pid, 'SIGKILL');
      }
    },
  };
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // All gone already.
  }
}

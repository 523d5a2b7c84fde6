import { AppError } from '@gradeflow/errors';
import type { Command, CommandStreams } from './command.ts';
import { commands, describeCommands } from './commands/help.ts';

const io: CommandStreams = { stdout: process.stdout, stderr: process.stderr };

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    (name === undefined ? io.stderr : io.stdout).write(await describeCommands());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    io.stderr.write(`There is no command "${name}".\n\n${await describeCommands()}`);
    return 2;
  }
  const { command } = await load();
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${command.usage.trimEnd()}\n`);
    return 0;
  }
  return runCommand(command, args);
}

async function runCommand(command: Command, args: string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that has seen enough (`| head`) is no fault.
    stream.on('error', (error: NodeJS.ErrnoException) => command.survivesClosedOutput || process.exit(error.code === 'EPIPE' ? 0 : 1));
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (isUsageFault(error)) {
      io.stderr.write(`${error.message}\n\n${command.usage.trimEnd()}\n`);
      return 2;
    }
    // Our own errors are written for people; anything else is a fault in the program and shows where.
    const text = error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error);
    io.stderr.write(`gradeflow ${command.name}: ${text}\n`);
    return 1;
  }
}

/** What `parseArgs` of node:util throws for an unknown option or a missing value. */
function isUsageFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

const exitCode = await main(process.argv.slice(2));
// Ends although a library may hold a handle, but never before the results are out.
process.stdout.write('', () => process.exit(exitCode));

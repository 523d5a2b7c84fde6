import type { Command } from '../command.ts';

/** Every command, loaded when it is called: `read` must not pay for what `start` imports. */
export const commands: Record<string, () => Promise<{ command: Command }>> = {
  read: () => import('./read.ts'),
  grade: () => import('./grade.ts'),
  score: () => import('./score.ts'),
  agree: () => import('./agree.ts'),
  upload: () => import('./upload.ts'),
  languages: () => import('./languages.ts'),
  doctor: () => import('./doctor.ts'),
  migrate: () => import('./migrate.ts'),
  start: () => import('./start.ts'),
  dev: () => import('./dev.ts'),
};

/** The list that `gradeflow --help` prints. */
export async function describeCommands(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  const lines = loaded.map(({ command }) => `  ${command.name.padEnd(9)} ${command.summary}`);
  return ['usage: gradeflow <command> [options]', '', ...lines, '', '`gradeflow <command> --help` says more about each.', ''].join('\n');
}

import type { Command } from '../command.ts';
import { loadCliEnv } from '../env.ts';
import { runLocally } from '../local-run/local-run.ts';

export const command: Command = {
  name: 'dev',
  summary: 'like start; an app restarts when a file that it uses changes',
  usage: `usage: npm run dev

Like \`npm start\`, with \`node --watch\` for each app. The environment is the same; LOG_LEVEL=debug shows most.`,
  run: (_args, { stdout }) => runLocally({ env: loadCliEnv(process.env), watch: true, out: stdout }),
  survivesClosedOutput: true,
};

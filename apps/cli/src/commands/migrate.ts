import { applyMigrations } from '@gradeflow/database';
import { ValidationError } from '@gradeflow/errors';
import type { Command } from '../command.ts';
import { loadCliEnv } from '../env.ts';

export const command: Command = {
  name: 'migrate',
  summary: 'bring the database of DATABASE_URL up to date',
  usage: `usage: gradeflow migrate

Applies the migrations that DATABASE_URL lacks and prints their names. Safe to run from several processes at once. \`npm start\` does this by itself.`,
  async run(_args, { stdout, stderr }) {
    const { DATABASE_URL: url } = loadCliEnv(process.env);
    if (!url)
      throw new ValidationError({
        code: 'CONFIGURATION_INVALID',
        detail: 'Set DATABASE_URL=postgres://… to the database that is to be migrated.',
      });
    const { applied } = await applyMigrations({ url });
    for (const name of applied) stdout.write(`${name}\n`);
    stderr.write(applied.length > 0 ? `${applied.length} migrations applied\n` : 'The database is up to date.\n');
    return 0;
  },
};

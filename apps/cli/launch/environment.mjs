import path from 'node:path';
import { root } from './paths.mjs';

/** What npm tells its scripts about itself; a pnpm or node below would take it for its own. Settings of the user's registry and cache stay. */
const npmsOwn = /^npm_(package_|lifecycle_|execpath|command|node_execpath|config_(?!cache|registry|userconfig|globalconfig|yes|prefix))/;

function cleaned(env) {
  const kept = Object.entries(env).filter(([name]) => !npmsOwn.test(name) && name !== 'INIT_CWD');
  return Object.fromEntries(kept);
}

function withTools(env) {
  const ownNode = Number(process.versions.node.split('.')[0]) >= 24 ? path.dirname(process.execPath) : root('node_modules/node/bin');
  return { ...env, PATH: [ownNode, root('node_modules/.bin'), env.PATH ?? ''].join(path.delimiter) };
}

/** For Gradeflow itself: the person's environment, with Node 24 and the installed tools first on the PATH. */
export const commandEnvironment = (env) => withTools(cleaned(env));

/** For package manager, checks and tests: also quiet and without questions. */
export const toolEnvironment = (env) => ({
  ...withTools(cleaned(env)),
  CI: env.CI ?? '1',
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
});

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const importPattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"\n]+)\1/gm;
/** Libraries that one package alone may touch. */
const owners = [
  { matches: /^(@prisma\/|prisma$|.*\/generated\/)/, owner: '@gradeflow/database' },
  { matches: /^bullmq(\/|$)/, owner: '@gradeflow/queue' },
];

/** Faults against the levels of packages, one sentence each. `folder` holds packages/, apps/ and test/. */
export function checkLevels(folder) {
  const workspaces = globSync(['packages/*/package.json', 'apps/*/package.json', 'test/package.json'], { cwd: folder })
    .sort()
    .map((file) => readWorkspace(folder, file));
  const levels = new Map(workspaces.map(({ name, level }) => [name, level]));
  return workspaces.flatMap((workspace) => [...checkManifest(workspace, levels), ...checkImports(folder, workspace, levels)]);
}

function readWorkspace(folder, file) {
  const { name, gradeflow, dependencies = {} } = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
  return { name, level: gradeflow?.level, folder: path.dirname(file), dependencies: Object.keys(dependencies) };
}

/** `devDependencies` are for tests, which may use the test helpers above them. */
function checkManifest({ name, level, folder, dependencies }, levels) {
  if (!Number.isInteger(level)) return [`${folder}/package.json states no gradeflow.level`];
  const wrong = dependencies.filter((dependency) => levels.has(dependency) && levels.get(dependency) >= level);
  return wrong.map(
    (dependency) => `${folder}/package.json: ${name} (level ${level}) depends on ${dependency} (level ${levels.get(dependency)})`,
  );
}

function checkImports(root, workspace, levels) {
  const files = globSync('**/*.{ts,tsx,mjs}', {
    cwd: path.join(root, workspace.folder),
    exclude: (name) => name === 'node_modules' || name === 'generated',
  });
  return files.sort().flatMap((file) => {
    const place = path.join(workspace.folder, file);
    const source = readFileSync(path.join(root, place), 'utf8');
    const isTest = /\.test\.tsx?$|(^|\/)testing\//.test(file);
    return [...source.matchAll(importPattern)].flatMap(([, , specifier]) => checkImport({ place, specifier, isTest, workspace, levels }));
  });
}

function checkImport({ place, specifier, isTest, workspace, levels }) {
  const owner = owners.find(({ matches }) => matches.test(specifier))?.owner;
  if (owner && owner !== workspace.name) return [`${place} imports ${specifier}: only ${owner} may`];
  if (specifier.startsWith('.')) {
    const target = path.relative(workspace.folder, path.join(path.dirname(place), specifier));
    return target.startsWith('..') ? [`${place} imports ${specifier}: that leaves its package`] : [];
  }
  if (!specifier.startsWith('@gradeflow/')) return [];
  if (!levels.has(specifier)) return [`${place} imports ${specifier}: there is no such package, or it goes past the package's front door`];
  if (isTest || specifier === workspace.name || levels.get(specifier) < workspace.level) return [];
  return [`${place} (level ${workspace.level}) imports ${specifier} (level ${levels.get(specifier)})`];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkLevels(root);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exit(faults.length === 0 ? 0 : 1);
}

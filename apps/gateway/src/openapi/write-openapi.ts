import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { routes } from '../routes.ts';
import { buildDocument } from './build-document.ts';

/** `node src/openapi/write-openapi.ts [--check]`: writes `openapi.json` beside package.json, or says (exit 1) that it is out of date. */
const file = fileURLToPath(new URL('../../openapi.json', import.meta.url));
const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const document: unknown = JSON.parse(JSON.stringify(buildDocument(routes)));

if (process.argv.includes('--check')) {
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), document)) {
    process.stderr.write('apps/gateway/openapi.json is out of date: run `node apps/gateway/src/openapi/write-openapi.ts`\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  execFileSync(`${repository}node_modules/.bin/biome`, ['format', '--config-path', '.config', '--write', file], { cwd: repository });
}

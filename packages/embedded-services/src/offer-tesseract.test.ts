import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canInstallByApt, installByApt } from './apt.ts';
import { offerTesseract } from './offer-tesseract.ts';

const searchPath = process.env.PATH;
const said: string[] = [];
const log = (line: string) => void said.push(line);
let folder: Awaited<ReturnType<typeof createTempDir>>;

beforeEach(async () => {
  folder = await createTempDir();
  said.length = 0;
  process.env.PATH = folder.path;
});
afterEach(async () => {
  process.env.PATH = searchPath;
  await folder.remove();
});

/** A program of this name that does `body`, alone on the PATH with the others made here. */
async function makeProgram(name: string, body: string): Promise<void> {
  const file = path.join(folder.path, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
}

const calls = async () => (await readFile(path.join(folder.path, 'calls'), 'utf8')).trim().split('\n');
/** Notes its arguments without the options, and takes a moment. */
const noteCall = (folder: string) =>
  `while [ "$1" = -q ] || [ "$1" = -o ]; do [ "$1" = -o ] && shift; shift; done; echo "begin $*" >> ${folder}/calls; /bin/sleep 0.2; echo "end $*" >> ${folder}/calls`;

describe('the offer of a faster tesseract', () => {
  it('does nothing where one is on the PATH, or where there is no apt-get', async () => {
    await offerTesseract({ log });
    await makeProgram('tesseract', 'exit 0');
    await makeProgram('apt-get', 'exit 1');
    await offerTesseract({ log });
    expect(said).toEqual([]);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;

  asRoot('tells a failure in one line and throws nothing (needs root)', async () => {
    await makeProgram('apt-get', 'echo "E: no network" >&2; exit 100');
    await offerTesseract({ log });
    expect(said.at(-1)).toMatch(/^OCR: tesseract could not be installed, the built-in engine reads \(.*no network/);
  });

  asRoot('waits for another installation that is at work (needs root)', async () => {
    await makeProgram('apt-get', noteCall(folder.path));
    expect(await canInstallByApt()).toBe(true);
    await Promise.all([installByApt(['redis-server'], { log, purpose: 'Redis' }), offerTesseract({ log })]);
    const inOrder = (await calls()).filter((line) => line.includes('install'));
    expect(inOrder).toEqual(
      ['redis-server', 'tesseract-ocr'].flatMap((name) =>
        ['begin', 'end'].map((when) => `${when} install -y --no-install-recommends ${name}`),
      ),
    );
  });
});

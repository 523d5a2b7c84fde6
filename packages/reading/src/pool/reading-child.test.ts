import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { promisify } from 'node:util';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { expect, it } from '@jest/globals';
import { ocrFixture } from '../testing/fixtures.ts';
import { startReadingChild } from './reading-child.ts';

const settings = { limits: { maxPages: 1, maxPagePixels: 100_000_000 }, ocrDataDir: null, engineModule: null };

it('works behind everything else, also where the kernel shares the processor out by session', async () => {
  const child = startReadingChild(settings, 7);
  try {
    const pid = child.pid ?? 0;
    expect(os.getPriority(pid)).toBe(7);
    const group = `/proc/${pid}/autogroup`;
    const own = '/proc/self/autogroup';
    if (!existsSync(group)) return;
    expect(readFileSync(group, 'utf8')).toMatch(/ nice 7$/m);
    expect(readFileSync(own, 'utf8')).not.toBe(readFileSync(group, 'utf8'));
  } finally {
    await child.kill();
  }
});

it('leaves what it compiled to the next one, though it is killed', async () => {
  const folder = await createTempDir();
  const before = process.env.NODE_COMPILE_CACHE;
  process.env.NODE_COMPILE_CACHE = folder.path;
  const child = startReadingChild(settings, 0);
  try {
    await child.run({ kind: 'inspect', absolutePath: ocrFixture('hidden-ocr-layer.pdf') });
    await waitFor(() => readdirSync(folder.path, { recursive: true }).length > 50);
  } finally {
    if (before === undefined) delete process.env.NODE_COMPILE_CACHE;
    else process.env.NODE_COMPILE_CACHE = before;
    await child.kill();
    await folder.remove();
  }
});

it('loads no schemas, which would cost each process a tenth of a second and 26 MB', async () => {
  const modules = ['reader', 'read-page', 'engines/choose-engine', 'documents/inspect-image', 'papers/propose-questions'];
  const script = `
    import { registerHooks } from 'node:module';
    const names = [];
    registerHooks({ resolve: (name, context, next) => (names.push(name), next(name, context)) });
    for (const name of ${JSON.stringify(modules)}) await import(new URL(\`../\${name}.ts\`, ${JSON.stringify(import.meta.url)}));
    console.log(JSON.stringify(names));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const names = JSON.parse(stdout) as string[];
  expect(names).toContain('sharp');
  expect(names).not.toContain('zod');
});

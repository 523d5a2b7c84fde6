import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOcrEngine } from '../conformance.ts';
import { createReadingPool } from '../pool/reading-pool.ts';
import { getConformanceSample } from '../testing/conformance-sample.ts';
import { ocrFixture } from '../testing/fixtures.ts';
import { createOcrEngine, findChosenNative } from './choose-engine.ts';
import { getLanguageData } from './language-data.ts';
import { findNativeTesseract, type NativeTesseract } from './native-binary.ts';
import { createNativeEngine } from './native-tesseract.ts';

const native = await findNativeTesseract();
const describeNative = native ? describe : describe.skip;
const blank = { width: 60, height: 60, data: new Uint8Array(3_600).fill(255) };

let folder: Awaited<ReturnType<typeof createTempDir>>;
const searchPath = process.env.PATH;
beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(async () => {
  process.env.PATH = searchPath;
  await folder.remove();
});

/** A program in the place of tesseract: answers `--version`, and does `body` with a picture. */
async function makeProgram(name: string, body: string, version = '5.9.9'): Promise<NativeTesseract> {
  const file = path.join(folder.path, name, 'tesseract');
  await mkdir(path.dirname(file));
  await writeFile(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo "tesseract ${version}"; exit 0; fi\n${body}\n`);
  await chmod(file, 0o755);
  return { file, version };
}

describeNative(`native tesseract${native ? '' : ' (skipped: there is none of version 5 on this machine)'}`, () => {
  describeOcrEngine(() => createNativeEngine(native as NativeTesseract, ['eng']), getConformanceSample);

  it('reads languages whose data lies in different folders, packed or not', async () => {
    const own = path.join(folder.path, 'own-data');
    await mkdir(own);
    const [eng] = await getLanguageData(['eng']);
    if (!eng) throw new Error('no OCR data for English on this machine');
    await symlink(eng.file, path.join(own, `xeng.traineddata${eng.gzip ? '.gz' : ''}`));
    const engine = await createNativeEngine(native as NativeTesseract, ['eng', 'xeng'], { ocrDataDir: own });
    const { page, words } = await getConformanceSample();
    const { lines } = await engine.recognise(page);
    expect(
      lines
        .flat()
        .map((word) => word.text)
        .join(' '),
    ).toContain(words.join(' '));
    expect(engine.name).toBe(`tesseract ${native?.version} eng+xeng ${eng.kind}`);
    await engine.close();
  });
});

describe('the program of the native engine', () => {
  it('is started once a layout, and anew when it has ended; its picture is handed over without a name', async () => {
    const starts = path.join(folder.path, 'starts');
    const page = (number: number) => `printf '\\n1\\t${number}\\t\\n'`;
    // Answers two pictures with the pages that tesseract would count, each 193 after the other, and ends at the third.
    const body = `echo "$*" >> ${starts}; read -r file; cat "$file" >> ${starts}.picture; ${page(2)}; while read -r line && [ "$line" != /dev/fd/3 ]; do :; done; ${page(195)}; while read -r line && [ "$line" != /dev/fd/3 ]; do :; done; exit 7`;
    const engine = await createNativeEngine(await makeProgram('staying', body), ['eng'], {}, () => 100e6);
    expect(await engine.recognise(blank)).toEqual({ lines: [] });
    expect(await engine.recognise(blank)).toEqual({ lines: [] });
    await expect(engine.recognise(blank)).rejects.toMatchObject({
      code: 'OCR_ENGINE_FAILED',
      message: expect.stringContaining('ended with 7'),
    });
    await engine.recognise(blank);
    await engine.recognise(blank, 'sparse');
    const modes = (await readFile(starts, 'utf8')).match(/--psm \d+/g);
    expect(modes).toEqual(['--psm 3', '--psm 3', '--psm 11']);
    expect((await readFile(`${starts}.picture`, 'latin1')).slice(0, 4)).toBe('spix');
    await engine.close();
  });

  it('is started for each picture where memory is short', async () => {
    const starts = path.join(folder.path, 'short-starts');
    const body = `echo x >> ${starts}; read -r file; printf '\\n1\\t2\\t\\n'; while read -r line; do :; done`;
    const engine = await createNativeEngine(await makeProgram('short', body), ['eng'], {}, () => 350e6);
    for (let picture = 0; picture < 2; picture += 1) expect(await engine.recognise(blank)).toEqual({ lines: [] });
    expect(await readFile(starts, 'utf8')).toBe('x\nx\n');
    await engine.close();
  });

  it('that fails makes an error with its own words, that does not start as well', async () => {
    const failing = await createNativeEngine(await makeProgram('failing', 'echo "no room left" >&2; exit 3'), ['eng']);
    await expect(failing.recognise(blank)).rejects.toMatchObject({
      name: 'UnavailableError',
      code: 'OCR_ENGINE_FAILED',
      message: expect.stringMatching(/ended with 3.*no room left/),
    });
    const missing = await createNativeEngine({ file: path.join(folder.path, 'nowhere'), version: '5.0.0' }, ['eng']);
    await expect(missing.recognise(blank)).rejects.toMatchObject({ code: 'OCR_ENGINE_FAILED', message: expect.stringContaining('ENOENT') });
  });

  it('that hangs is killed by close', async () => {
    const pidFile = path.join(folder.path, 'hanging.pid');
    const engine = await createNativeEngine(await makeProgram('hanging', `echo $$ > ${pidFile}; exec sleep 1000`), ['eng']);
    const reading = engine.recognise(blank);
    const ended = expect(reading).rejects.toMatchObject({ code: 'OCR_ENGINE_FAILED' });
    const pid = Number(await waitFor(async () => (await readFile(pidFile, 'utf8').catch(() => '')).trim()));
    await engine.close();
    await ended;
    await waitFor(() => !isRunning(pid));
  });

  it('that hangs dies with the reading process that is given up', async () => {
    const pidFile = path.join(folder.path, 'given-up.pid');
    const program = await makeProgram('given-up', `echo $$ > ${pidFile}; exec sleep 1000`);
    process.env.PATH = `${path.dirname(program.file)}:${searchPath}`;
    const pool = createReadingPool({ size: 1, limits: { maxPages: 1, maxPagePixels: 1e8 }, ocrEngine: 'native', timeoutMs: 60_000 });
    try {
      const giveUp = new AbortController();
      const file = { absolutePath: ocrFixture('phototest.tif'), mediaType: 'image/tiff' as const };
      const reading = pool.readPage({ file, filePage: 1, number: 1, languages: ['eng'] }, { signal: giveUp.signal });
      const ended = expect(reading).rejects.toThrow('enough');
      const pid = Number(await waitFor(async () => (await readFile(pidFile, 'utf8').catch(() => '')).trim(), { timeoutMs: 50_000 }));
      giveUp.abort(new Error('enough'));
      await ended;
      await waitFor(() => !isRunning(pid));
    } finally {
      process.env.PATH = searchPath;
      await pool.close();
    }
  }, 70_000);

  it('is told neither secrets nor more than it needs', async () => {
    process.env.SECRET_OF_THIS_TEST = 'shh';
    const engine = await createNativeEngine(await makeProgram('curious', 'env >&2; exit 1'), ['eng']);
    const error = await engine.recognise(blank).catch((thrown: Error) => thrown.message);
    delete process.env.SECRET_OF_THIS_TEST;
    expect(error).toContain('OMP_THREAD_LIMIT=1');
    expect(error).not.toContain('shh');
  });
});

describe('the engine that is chosen', () => {
  it('is the native one only where it is of version 5; `native` without it says what to install', async () => {
    const old = await makeProgram('old', 'exit 1', '4.1.1');
    process.env.PATH = `${path.dirname(old.file)}:/nonexistent`;
    expect(await findChosenNative('auto')).toBeNull();
    await expect(createOcrEngine(['eng'], { engine: 'native' })).rejects.toMatchObject({
      code: 'OCR_ENGINE_MISSING',
      message: expect.stringContaining('apt-get install tesseract-ocr'),
    });
    const current = await makeProgram('current', 'exit 1');
    process.env.PATH = `${path.dirname(old.file)}:${path.dirname(current.file)}`;
    expect(await findChosenNative('auto')).toEqual(current);
    expect(await findChosenNative('tesseract.js')).toBeNull();
    expect((await createOcrEngine(['eng'])).name).toMatch(/^tesseract 5\.9\.9 eng \w+$/);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

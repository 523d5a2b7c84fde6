import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOcrEngine } from '../conformance.ts';
import { decodeImage } from '../pages/decode-image.ts';
import { ocrFixture } from '../testing/fixtures.ts';
import { makeOcrCopy } from '../words/recognise-page.ts';
import { findLanguageData } from './language-data.ts';
import { createTesseractJsEngine } from './tesseract-js.ts';

const greyFixture = async (name: string) => makeOcrCopy((await decodeImage(ocrFixture(name), 0, 100_000_000)).pixels);

describe('tesseract.js', () => {
  describeOcrEngine(
    () => createTesseractJsEngine(['eng']),
    async () => ({
      page: await greyFixture('phototest.tif'),
      otherPage: await greyFixture('typed-page.jpg'),
      words: ['This', 'is', 'a', 'lot', 'of', '12', 'point', 'text', 'to', 'test', 'the'],
    }),
  );

  it('refuses a language that is not installed, by name', async () => {
    await expect(createTesseractJsEngine(['eng', 'tlh'])).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'OCR_LANGUAGE_MISSING',
      message: expect.stringContaining('tlh.traineddata'),
    });
  });
});

describe('language data', () => {
  let folder: Awaited<ReturnType<typeof createTempDir>>;
  beforeAll(async () => {
    folder = await createTempDir();
  });
  afterAll(() => folder.remove());

  it('is taken from OCR_DATA_DIR first, plain files too, and the engine tells which set it is', async () => {
    const own = path.join(folder.path, 'tessdata');
    await mkdir(own);
    const installed = await findLanguageData('eng');
    if (!installed) throw new Error('no OCR data for English on this machine');
    const bytes = await readFile(path.join(installed.folder, `eng.traineddata${installed.gzip ? '.gz' : ''}`));
    await writeFile(path.join(own, 'eng.traineddata'), installed.gzip ? gunzipSync(bytes) : bytes);
    expect(await findLanguageData('eng', { ocrDataDir: own })).toEqual({ folder: own, gzip: false, kind: installed.kind });
    const engine = await createTesseractJsEngine(['eng'], { ocrDataDir: own });
    await engine.close();
    expect(engine.name).toBe(`tesseract.js 7.0.0 eng ${installed.kind}`);
  });

  it('is not looked for under a name that is no language', async () => {
    expect(await findLanguageData('../eng')).toBeNull();
    expect(await findLanguageData([])).toBeNull();
  });
});

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findLanguageData, getLanguageData, listLanguageData } from './language-data.ts';
import { getTessdataFolder } from './tessdata-folder.ts';
import { createTesseractJsEngine } from './tesseract-js.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let own: string;
beforeAll(async () => {
  folder = await createTempDir();
  own = path.join(folder.path, 'tessdata');
  await mkdir(own);
  await writeFile(path.join(own, 'zzz.traineddata'), 'not from anywhere');
  await writeFile(path.join(own, 'zzy.traineddata.gz'), gzipSync('packed'));
});
afterAll(() => folder.remove());

describe('language data', () => {
  it('tells by its network which published set it is', async () => {
    const packaged = await findLanguageData(['eng'], {
      ocrDataDir: path.join(import.meta.dirname, '../../node_modules/@tesseract.js-data/eng/4.0.0_best_int'),
    });
    expect(packaged).toMatchObject([{ language: 'eng', gzip: true, kind: 'best_int' }]);
    expect(await findLanguageData(['zzz'], { ocrDataDir: own })).toMatchObject([{ kind: 'custom' }]);
  });

  it('is taken from OCR_DATA_DIR first, and the engine tells which set it is', async () => {
    const [installed] = await getLanguageData(['eng']);
    if (!installed) throw new Error('no OCR data for English on this machine');
    const file = path.join(folder.path, path.basename(installed.file));
    await cp(installed.file, file, { dereference: true });
    expect(await findLanguageData(['eng'], { ocrDataDir: folder.path })).toEqual([{ ...installed, file, folder: folder.path }]);
    const engine = await createTesseractJsEngine(['eng'], { ocrDataDir: folder.path });
    await engine.close();
    expect(engine.name).toBe(`tesseract.js 7.0.0 eng ${installed.kind}`);
  });

  it('may lie in different folders; what is missing is named, and nothing else', async () => {
    expect((await getLanguageData(['zzz', 'eng'], { ocrDataDir: own })).map(({ language }) => language)).toEqual(['zzz', 'eng']);
    const failure = await getLanguageData(['eng', 'zzx', 'zzz'], { ocrDataDir: own }).catch((error: Error) => error.message);
    expect(failure).toContain('"zzx"');
    expect(failure).toContain('tesseract-ocr-zzx');
    expect(failure).not.toContain('eng');
  });

  it('is listed by language, what is no language left out', async () => {
    await writeFile(path.join(own, 'osd.traineddata'), '');
    const names = (await listLanguageData({ ocrDataDir: own })).map(({ language }) => language);
    expect(names).toEqual(expect.arrayContaining(['eng', 'zzy', 'zzz']));
    expect(names).not.toContain('osd');
  });

  it('is not looked for under a name that is no language', async () => {
    expect(await findLanguageData(['../eng'])).toBeNull();
    expect(await findLanguageData([])).toBeNull();
  });

  it('is brought together unpacked in one folder that is kept, and made again when a part of it is gone', async () => {
    const files = await getLanguageData(['zzy', 'zzz'], { ocrDataDir: own });
    const together = await getTessdataFolder(files);
    expect(await readFile(path.join(together, 'zzy.traineddata'), 'utf8')).toBe('packed');
    expect(await readFile(path.join(together, 'zzz.traineddata'), 'utf8')).toBe('not from anywhere');
    await rm(path.join(together, 'zzy.traineddata'));
    expect(await getTessdataFolder(files)).toBe(together);
    expect(await readFile(path.join(together, 'zzy.traineddata'), 'utf8')).toBe('packed');
    await rm(together, { recursive: true });
    expect(await getTessdataFolder(await getLanguageData(['zzz'], { ocrDataDir: own }))).toBe(own);
  });
});

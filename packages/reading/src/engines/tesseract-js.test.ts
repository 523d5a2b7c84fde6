import { describe, expect, it } from '@jest/globals';
import { describeOcrEngine } from '../conformance.ts';
import { getConformanceSample } from '../testing/conformance-sample.ts';
import { createTesseractJsEngine } from './tesseract-js.ts';

describe('tesseract.js', () => {
  describeOcrEngine(() => createTesseractJsEngine(['eng']), getConformanceSample);

  it('refuses a language that is not installed, by name', async () => {
    await expect(createTesseractJsEngine(['eng', 'tlh'])).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'OCR_LANGUAGE_MISSING',
      message: expect.stringContaining('tlh.traineddata'),
    });
  });
});

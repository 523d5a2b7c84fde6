import type { ConformanceSample } from '../conformance.ts';
import { decodeImage } from '../pages/decode-image.ts';
import type { GreyImage } from '../types.ts';
import { makeOcrCopy } from '../words/recognise-page.ts';
import { ocrFixture } from './fixtures.ts';

/** Two fixtures for the conformance test of an OCR engine. */
export async function getConformanceSample(): Promise<ConformanceSample> {
  return {
    page: await greyFixture('phototest.tif'),
    otherPage: await greyFixture('typed-page.jpg'),
    words: ['This', 'is', 'a', 'lot', 'of', '12', 'point', 'text', 'to', 'test', 'the'],
  };
}

/** A fixture as it is handed to an engine. */
export async function greyFixture(name: string): Promise<GreyImage> {
  return makeOcrCopy((await decodeImage(ocrFixture(name), 0, 100_000_000)).pixels);
}

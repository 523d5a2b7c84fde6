import sharp from 'sharp';
import type { InkMap } from '../pages/ink.ts';
import type { GreyImage } from '../types.ts';
import { capitalHeight, findPieces } from './ink-pieces.ts';

/** Other ways of preparing a page that was read badly. */
export type Preparation = 'enlarged' | 'sharpened' | 'smoothed';

/** More of the page than this is ink only where grain is taken for ink; text covers less than a sixth. */
const grainAboveInk = 0.3;
/** Capital letters lower than this are read better from a larger copy. */
const smallLettersPx = 22;
/**
 * Lower than this they are read badly from the copy as it is, without the engine knowing: of eleven pages with capitals of 9 to 14 px five had 4.5 to 37 %
 * wrong characters that had 0 to 2.5 % enlarged; one table became worse. Usual pages have 16 px and more.
 */
const tinyLettersPx = 15;
const enlargeBy = 2;
/** Long side that is never gone beyond: four times the pixels of an A4 page as it is usually read. */
const longestSidePx = 3_400;
const smoothSigma = 1.2;
const sharpenSigma = 2;

/**
 * What is worth trying on a badly read page, best first, two at most. Tried on copies of real pages: enlarging brings small print from 53 to 2 % wrong
 * characters and from 11 to 3 %, sharpening blurred print from 7 to 2 %, smoothing grain from 100 to 2 %; evening the light, medians and other layouts
 * gained nothing that these did not.
 */
export function choosePreparations(copy: GreyImage, ink: InkMap): Preparation[] {
  if (ink.share > grainAboveInk) return ['smoothed'];
  return hasLettersBelow(smallLettersPx, copy, ink) ? ['enlarged', 'sharpened'] : ['sharpened', 'enlarged'];
}

/** True when the page is to be enlarged before it is read for the first time. */
export function hasTinyLetters(copy: GreyImage, ink: InkMap): boolean {
  return ink.share <= grainAboveInk && hasLettersBelow(tinyLettersPx, copy, ink);
}

function hasLettersBelow(px: number, copy: GreyImage, ink: InkMap): boolean {
  const capitalPx = (capitalHeight(findPieces(ink)) * copy.width) / ink.width;
  return capitalPx > 0 && capitalPx < px;
}

/** The copy prepared anew; its size may differ. */
export async function prepareAgain({ width, height, data }: GreyImage, preparation: Preparation): Promise<GreyImage> {
  const image = sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false });
  const scale = Math.min(enlargeBy, Math.max(1, longestSidePx / Math.max(width, height)));
  const changed = {
    enlarged: () => image.resize({ width: Math.round(width * scale), height: Math.round(height * scale), fit: 'fill', kernel: 'cubic' }),
    sharpened: () => image.sharpen({ sigma: sharpenSigma }),
    smoothed: () => image.blur(smoothSigma),
  }[preparation]();
  const { data: pixels, info } = await changed.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: pixels };
}

import type { PagePixels } from '../pages/pixels.ts';
import type { GreyImage, OcrEngine } from '../types.ts';
import { makeOcrCopy } from '../words/recognise-page.ts';
import { findFan } from './find-fan.ts';
import { type Corners, findSheet } from './find-sheet.ts';
import { findTurn, type Turn } from './find-turn.ts';
import { evenLight, lightEvenness, mapLight } from './light.ts';
import { loadOpenCv, type OpenCv } from './open-cv.ts';
import { findSpots } from './spots.ts';
import { flattenSheet, turnPage } from './warp.ts';

/** A page as it should be shown and read. */
export interface StraightPage {
  /** Colours as the camera or scanner saw them. */
  pixels: PagePixels;
  /** The copy of `pixels` that is read: on photos the light is evened out. */
  copy: GreyImage;
  /** Quarter turn clockwise that was needed: 0, 90, 180 or 270. */
  turned: number;
  /** Degrees clockwise that the page was turned besides, to make its lines level. */
  levelled: number;
  /** Taken by a camera or lit like it; what lay around the sheet is cut away. */
  photo: boolean;
}

/** Flat scans of brown, stained or yellowed paper have 0.8 and more; photos in a room 0.1–0.74, black edges of a scanner 0–0.3. */
const mayBePhotoBelow = 0.78;
/** On a photo, light more even than this is left as it is. */
const evenEnough = 0.9;

/**
 * Turns, straightens and levels a page before it is read by OCR. `copy` is the OCR copy of `pixels`. A page that needs nothing comes
 * back as it is.
 */
export async function straightenPage(pixels: PagePixels, copy: GreyImage, deps: { engine: OcrEngine }): Promise<StraightPage> {
  const unevenLight = lightEvenness(mapLight(copy)) < mayBePhotoBelow;
  const { cv } = unevenLight ? await loadOpenCv() : { cv: null };
  const corners = cv ? await findSheet(cv, copy) : null;
  if (cv && corners) return straightenSheet(cv, { pixels, copy, corners }, deps);

  const turn = await findTurn(copy, deps);
  if (cv) return straightenLines(cv, { pixels, copy, turn });
  const straight = turn.degrees + turn.quarter === 0 ? pixels : await turnPage(pixels, turn.quarter + turn.degrees);
  return finish(straight, straight === pixels ? copy : await makeOcrCopy(straight), turn, false);
}

/** A photo without edges in it: lines that meet far to one side are made parallel, others level. */
async function straightenLines(
  cv: OpenCv,
  { pixels, copy, turn }: { pixels: PagePixels; copy: GreyImage; turn: Turn },
): Promise<StraightPage> {
  const upright = turn.quarter === 0 ? pixels : await turnPage(pixels, turn.quarter);
  const uprightCopy = turn.quarter === 0 ? copy : await makeOcrCopy(upright);
  const corners = findFan(findSpots(uprightCopy), -turn.degrees, uprightCopy);
  if (!corners && turn.degrees === 0) return finish(upright, uprightCopy, turn, true);
  const flat = corners
    ? flattenSheet(cv, upright, scaleCorners(corners, upright.width / uprightCopy.width), { degrees: 0, quarter: 0 })
    : await turnPage(upright, turn.degrees);
  const straight = { ...flat, channels: pixels.channels };
  return finish(straight, await makeOcrCopy(straight), turn, true);
}

/** Cuts the sheet out of a photo. Its text is looked at on a small flat copy first, so that the picture itself is interpolated once. */
async function straightenSheet(
  cv: OpenCv,
  { pixels, copy, corners }: { pixels: PagePixels; copy: GreyImage; corners: Corners },
  deps: { engine: OcrEngine },
): Promise<StraightPage> {
  const preview = flattenSheet(cv, { ...copy, channels: 1 }, corners, { degrees: 0, quarter: 0 });
  const turn = await findTurn(preview, deps);
  const flat = flattenSheet(cv, pixels, scaleCorners(corners, pixels.width / copy.width), turn);
  const straight = { ...flat, channels: pixels.channels };
  return finish(straight, await makeOcrCopy(straight), turn, true);
}

function scaleCorners(corners: Corners, scale: number): Corners {
  return corners.map(({ x, y }) => ({ x: x * scale, y: y * scale })) as Corners;
}

function finish(pixels: PagePixels, copy: GreyImage, turn: Turn, photo: boolean): StraightPage {
  const light = photo ? mapLight(copy) : null;
  const readable = light && lightEvenness(light) < evenEnough ? evenLight(copy, light) : copy;
  return { pixels, copy: readable, turned: turn.quarter, levelled: turn.degrees, photo };
}

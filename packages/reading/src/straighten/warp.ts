import sharp from 'sharp';
import type { PagePixels } from '../pages/pixels.ts';
import type { GreyImage } from '../types.ts';
import type { Corners, Point } from './find-sheet.ts';
import { type OpenCv, withMats } from './open-cv.ts';

export type QuarterTurn = 0 | 90 | 180 | 270;

/** Raw pixels of any number of channels. */
export interface Raster {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}

/**
 * Turns by any angle clockwise, growing so that nothing is cut off. Quarter turns are exact; between them pixels are interpolated by a
 * cubic, which keeps letters sharp. New corners get the colour of the paper: white ones beside grey paper make the engine take all paper
 * for ink.
 */
export async function turnRaster(raster: Raster, degrees: number): Promise<Raster> {
  const { data, ...raw } = raster;
  const image = sharp(data, { raw, limitInputPixels: false });
  const radians = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const turned =
    degrees % 90 === 0
      ? image.rotate(degrees)
      : image.affine([cos, -sin, sin, cos], { background: paperColour(raster), interpolator: sharp.interpolators.bicubic });
  const result = await (raster.channels === 1 ? turned.toColourspace('b-w') : turned).raw().toBuffer({ resolveWithObject: true });
  return { width: result.info.width, height: result.info.height, channels: raster.channels, data: result.data };
}

/** The upper quartile of each channel over every hundredth pixel: more than three quarters of a page are paper, or its lines are pale. */
function paperColour({ channels, data }: Raster): { r: number; g: number; b: number } {
  const quartile = (channel: number): number => {
    const values: number[] = [];
    for (let at = channel; at < data.length; at += 100 * channels) values.push(data[at] as number);
    values.sort((a, b) => a - b);
    return values[Math.floor(values.length * 0.75)] ?? 255;
  };
  const [r, g, b] = channels === 1 ? [quartile(0), quartile(0), quartile(0)] : [quartile(0), quartile(1), quartile(2)];
  return { r, g, b };
}

/** The page turned by any angle clockwise. */
export async function turnPage(pixels: PagePixels, degrees: number): Promise<PagePixels> {
  const turned = await turnRaster(pixels, degrees);
  return { ...turned, channels: pixels.channels };
}

/** A grey picture turned by any angle clockwise. */
export async function turnGrey({ width, height, data }: GreyImage, degrees: number): Promise<GreyImage> {
  const turned = await turnRaster({ width, height, channels: 1, data }, degrees);
  return { width: turned.width, height: turned.height, data: turned.data };
}

/**
 * Cuts the sheet out and makes it a rectangle with sides as long as they are in the photo, then turns it by `degrees` clockwise about
 * its middle (the small corners that leave the rectangle are lost) and by a quarter turn, all in one interpolation.
 */
export function flattenSheet(cv: OpenCv, raster: Raster, corners: Corners, turn: { degrees: number; quarter: QuarterTurn }): Raster {
  const [upperLeft, upperRight, lowerRight, lowerLeft] = corners;
  const width = Math.round((distance(upperLeft, upperRight) + distance(lowerLeft, lowerRight)) / 2);
  const height = Math.round((distance(upperLeft, lowerLeft) + distance(upperRight, lowerRight)) / 2);
  const sideways = turn.quarter % 180 !== 0;
  const size = sideways ? { width: height, height: width } : { width, height };
  const target = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: width, y: height },
    { x: 0, y: height },
  ].map((corner) =>
    turnAbout(corner, { x: width / 2, y: height / 2 }, { x: size.width / 2, y: size.height / 2 }, turn.degrees + turn.quarter),
  );
  return withMats((hold) => {
    const type = { 1: cv.CV_8UC1, 3: cv.CV_8UC3, 4: cv.CV_8UC4 }[raster.channels];
    const source = hold(new cv.Mat(raster.height, raster.width, type));
    source.data.set(raster.data);
    const from = hold(
      cv.matFromArray(
        4,
        1,
        cv.CV_32FC2,
        corners.flatMap(({ x, y }) => [x, y]),
      ),
    );
    const to = hold(
      cv.matFromArray(
        4,
        1,
        cv.CV_32FC2,
        target.flatMap(({ x, y }) => [x, y]),
      ),
    );
    const matrix = hold(cv.getPerspectiveTransform(from, to));
    const flat = hold(new cv.Mat());
    const white = new cv.Scalar(255, 255, 255, 255);
    cv.warpPerspective(source, flat, matrix, new cv.Size(size.width, size.height), cv.INTER_CUBIC, cv.BORDER_CONSTANT, white);
    return { ...size, channels: raster.channels, data: flat.data.slice() };
  });
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Turns a point clockwise (y points down) about `middle`, which comes to lie at `to`. */
function turnAbout(point: Point, middle: Point, to: Point, degrees: number): Point {
  const radians = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const [x, y] = [point.x - middle.x, point.y - middle.y];
  return { x: to.x + x * cos - y * sin, y: to.y + x * sin + y * cos };
}

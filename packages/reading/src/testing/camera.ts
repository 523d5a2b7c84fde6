import type { PagePixels } from '../pages/pixels.ts';
import { loadOpenCv, withMats } from '../straighten/open-cv.ts';

/** Where the corners of a page lie in a photo, clockwise from the page's upper left, in shares of the photo's sides. */
export type PhotoCorners = readonly [Place, Place, Place, Place];
type Place = readonly [x: number, y: number];

/** Light of a photo: at its upper left, and what is lost to its right and lower edge, as shares of full light. */
export interface PhotoLight {
  upperLeft: number;
  lostToTheRight: number;
  lostBelow: number;
}

const size = { width: 1_650, height: 2_200 };
const desk = 70;

/** Puts a page on a dark desk as a camera would see it: corners anywhere, light falling off to one side. */
export async function photograph(page: PagePixels, corners: PhotoCorners, light: PhotoLight): Promise<PagePixels> {
  const { cv } = await loadOpenCv();
  const onDesk = withMats((hold) => {
    const source = hold(new cv.Mat(page.height, page.width, page.channels === 4 ? cv.CV_8UC4 : cv.CV_8UC3));
    source.data.set(page.data);
    const from = [0, 0, page.width, 0, page.width, page.height, 0, page.height];
    const to = corners.flatMap(([x, y]) => [x * size.width, y * size.height]);
    const matrix = hold(
      cv.getPerspectiveTransform(hold(cv.matFromArray(4, 1, cv.CV_32FC2, from)), hold(cv.matFromArray(4, 1, cv.CV_32FC2, to))),
    );
    const photo = hold(new cv.Mat());
    const background = new cv.Scalar(desk, desk, desk, 255);
    cv.warpPerspective(source, photo, matrix, new cv.Size(size.width, size.height), cv.INTER_LINEAR, cv.BORDER_CONSTANT, background);
    return photo.data.slice();
  });
  for (let y = 0, at = 0; y < size.height; y += 1)
    for (let x = 0; x < size.width; x += 1) {
      const share = light.upperLeft - (light.lostToTheRight * x) / size.width - (light.lostBelow * y) / size.height;
      for (let channel = 0; channel < page.channels; channel += 1, at += 1) onDesk[at] = (onDesk[at] ?? 0) * share;
    }
  return { ...size, channels: page.channels, data: onDesk };
}

import { describe, expect, it } from '@jest/globals';
import { loadOpenCv, withMats } from './open-cv.ts';

describe('OpenCV', () => {
  it('leaves it to the process how it ends on an error', async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const handlers = () => events.map((event) => process.listeners(event as 'uncaughtException').length);
    const before = handlers();
    await loadOpenCv();
    expect(handlers()).toEqual(before);
  });

  it('gets its memory back also when the work fails', async () => {
    const { cv } = await loadOpenCv();
    const mat = new cv.Mat(2, 2, cv.CV_8UC1);
    const work = () =>
      withMats((hold) => {
        hold(mat);
        throw new Error('no sheet');
      });
    expect(work).toThrow('no sheet');
    expect(mat.isDeleted()).toBe(true);
  });
});

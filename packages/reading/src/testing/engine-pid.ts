import type { OcrEngine } from '../types.ts';

/** Engine that reads its own process id from every page, so that a test sees which process did the work. */
export async function createOcrEngine(): Promise<OcrEngine> {
  return {
    name: 'engine-pid',
    recognise: async ({ width, height }) => ({ lines: [[{ text: String(process.pid), confidence: 0.9, box: [0, 0, width, height] }]] }),
    close: async () => {},
  };
}

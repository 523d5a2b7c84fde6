import type { OcrEngine } from '../types.ts';

/** Engine that keeps its thread busy for ever: neither messages nor a lost parent are noticed by it. */
export async function createOcrEngine(): Promise<OcrEngine> {
  return {
    name: 'engine-hang',
    recognise: () => {
      for (;;);
    },
    close: async () => {},
  };
}

import type { OcrEngine } from '../types.ts';

/** Engine that takes its process with it. */
export async function createOcrEngine(): Promise<OcrEngine> {
  return {
    name: 'engine-crash',
    recognise: () => {
      process.kill(process.pid, 'SIGSEGV');
      return new Promise(() => {});
    },
    close: async () => {},
  };
}

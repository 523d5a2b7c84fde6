import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { OcrEngine } from '@gradeflow/reading';

/**
 * Engine for `engineModule`, steered through the files of the folder that it is given as `ocrDataDir`: it writes a line `pid side` to `calls` for each page
 * that it reads, kills its own process while there is a file `crash`, and from its third page on waits while there is a file `hold`. It reads one sure word.
 */
export async function createOcrEngine(_languages: readonly string[], options: { ocrDataDir?: string | null }): Promise<OcrEngine> {
  const file = (name: string) => path.join(options.ocrDataDir ?? '', name);
  return {
    name: 'watched 1',
    recognise: async ({ width, height }, layout = 'page') => {
      const lines = [[{ text: 'answer', confidence: 0.99, box: [0, 0, width, height] as [number, number, number, number] }]];
      if (layout !== 'page') return { lines };
      appendFileSync(file('calls'), `${process.pid} ${Math.max(width, height)}\n`);
      if (existsSync(file('crash'))) process.kill(process.pid, 'SIGKILL');
      if (countLines(file('calls')) > 2) while (existsSync(file('hold'))) await wait(20);
      return { lines };
    },
    close: async () => {},
  };
}

function countLines(name: string): number {
  return readFileSync(name, 'utf8').split('\n').length - 1;
}

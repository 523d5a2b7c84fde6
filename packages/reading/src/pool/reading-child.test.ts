import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { expect, it } from '@jest/globals';
import { startReadingChild } from './reading-child.ts';

it('works behind everything else, also where the kernel shares the processor out by session', async () => {
  const settings = { limits: { maxPages: 1, maxPagePixels: 1_000_000 }, ocrDataDir: null, engineModule: null };
  const child = startReadingChild(settings, 7);
  try {
    const pid = child.pid ?? 0;
    expect(os.getPriority(pid)).toBe(7);
    const group = `/proc/${pid}/autogroup`;
    const own = '/proc/self/autogroup';
    if (!existsSync(group)) return;
    expect(readFileSync(group, 'utf8')).toMatch(/ nice 7$/m);
    expect(readFileSync(own, 'utf8')).not.toBe(readFileSync(group, 'utf8'));
  } finally {
    await child.kill();
  }
});

import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A clock that can be wrong: the wall clock of all processes that are started with `env`, and of nobody else. */
export interface Clock {
  env: Record<string, string>;
  /** Wrong by so many seconds, ahead or behind, for so long. Time that is measured as a distance (timers) is not touched. */
  jump(seconds: number, forMs: number): Promise<void>;
}

/** Null where libfaketime is not there and can not be installed. */
export async function createClock(folder: string): Promise<Clock | null> {
  const library = findLibrary() ?? (await install());
  if (library === undefined) return null;
  const file = path.join(folder, 'clock');
  const set = async (seconds: number) => {
    // Read once a second by everybody: it may never be there in part.
    await writeFile(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${file}.new`, file);
  };
  await set(0);
  return {
    env: { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    jump: async (seconds, forMs) => {
      await set(seconds);
      try {
        await delay(forMs);
      } finally {
        await set(0);
      }
    },
  };
}

const findLibrary = () => globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

async function install(): Promise<string | undefined> {
  try {
    await promisify(execFile)('apt-get', ['install', '-y', '-q', 'libfaketime'], { timeout: 120_000 });
  } catch {
    return undefined; // Not root, no apt, or no network.
  }
  return findLibrary();
}

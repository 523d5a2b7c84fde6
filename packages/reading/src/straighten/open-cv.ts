import { createRequire } from 'node:module';

export type OpenCv = typeof import('@techstark/opencv-js');
/** What lives in OpenCV's own memory, which no garbage collector empties. */
type Held = { delete(): void };

let loading: Promise<{ cv: OpenCv }> | null = null;

/**
 * Loads OpenCV on first use: about 0.3 s of CPU and 100 MB that stay for the life of the process, so only pages that may be photos
 * ask for it. It comes wrapped, since the module has a `then` of its own.
 */
export function loadOpenCv(): Promise<{ cv: OpenCv }> {
  loading ??= load();
  return loading;
}

async function load(): Promise<{ cv: OpenCv }> {
  const before = { uncaughtException: process.listeners('uncaughtException'), unhandledRejection: process.listeners('unhandledRejection') };
  const cv = createRequire(import.meta.url)('@techstark/opencv-js') as OpenCv & { onRuntimeInitialized?: () => void };
  // The module takes over how the whole process ends on an error: that stays ours.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (!(before[event] as unknown[]).includes(listener)) process.off(event, listener);
  if (typeof cv.Mat !== 'function')
    await new Promise<void>((resolve) => {
      cv.onRuntimeInitialized = resolve;
    });
  return { cv };
}

/** Runs work whose matrices are all freed at its end: each is handed to `hold` when it is made. */
export function withMats<T>(work: (hold: <M extends Held>(mat: M) => M) => T): T {
  const held: Held[] = [];
  try {
    return work((mat) => {
      held.push(mat);
      return mat;
    });
  } finally {
    for (const mat of held) mat.delete();
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest work without letting other requests have their turn. */
const sliceMs = 10;

/** For long work in small pieces: called between them, it lets other requests have their turn when it is time. */
export function createTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMs) return;
    await nextTurn();
    since = performance.now();
  };
}

import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createEpochWatch, trustMs } from './epoch.ts';

let asked = 0;
const epochs = {
  find: async () => {
    asked += 1;
    return 7;
  },
  raise: async () => 7,
};
let now = 0;
beforeEach(() => {
  asked = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function openWatch() {
  const watch = createEpochWatch(epochs);
  await watch.current(); // raises: nothing is known yet
  await waitFor(() => watch.known() === 7);
  return watch;
}

it('is asked for before it is too old to be believed, when somebody uses it then, and nobody waits', async () => {
  const watch = await openWatch();
  now += trustMs / 2;
  expect([watch.known(), asked]).toEqual([7, 0]);
  now += trustMs / 4;
  expect([watch.known(), watch.known(), asked]).toEqual([7, 7, 1]);
  await new Promise((resolve) => setImmediate(resolve));
  now += trustMs / 2;
  expect([watch.known(), asked]).toEqual([7, 1]);
});

it('is not asked for while nobody uses it, and not believed any longer', async () => {
  const watch = await openWatch();
  now += trustMs;
  expect([watch.known(), asked]).toEqual([null, 0]);
});

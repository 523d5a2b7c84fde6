import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { waitFor } from '@gradeflow/testing';
import { expect, it, jest } from '@jest/globals';
import { createPasswords, restWhile } from './passwords.ts';

it('knows a password by its hash, and nobody by none', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('correct horse');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.matches('correct horse', stored)).toBe(true);
  expect(await passwords.matches('wrong horse', stored)).toBe(false);
  expect(await passwords.matches('correct horse', null)).toBe(false);
});

it('lets so many wait and refuses the rest in words', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('correct horse');
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.matches('correct horse', stored)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code);
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value).length + refused.length).toBe(60);
  expect(new Set(refused)).toEqual(new Set(['LOGIN_BUSY']));
  expect(refused.length).toBeGreaterThan(20);
});

it('works on threads behind everything else', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('correct horse');
  const busy = Promise.all(Array.from({ length: 20 }, () => passwords.matches('correct horse', stored)));
  const tasks = await readdir('/proc/self/task');
  const niceness = await Promise.all(
    tasks.map(async (task) => Number((await readFile(`/proc/self/task/${task}/stat`, 'utf8')).split(') ')[1]?.split(' ')[16])),
  );
  await busy;
  const own = Number((await readFile(`/proc/self/task/${process.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[16]);
  expect(niceness.filter((nice) => nice === Math.min(19, own + 19)).length).toBeGreaterThanOrEqual(1);
});

it('begins the next hash when the rest after one is over, and tells that one at once', async () => {
  const threads = Math.min(2, Math.max(1, availableParallelism() - 1));
  const rests: Array<() => void> = [];
  let patient = true;
  const passwords = createPasswords({ rest: async () => void (patient && (await new Promise<void>((over) => rests.push(over)))) });
  let told = 0;
  const all = Array.from({ length: 6 }, async () => {
    await passwords.hash('correct horse');
    told += 1;
  });
  for (let hashed = threads; hashed < threads + 4; hashed++) {
    // One of them is the hash that stands in for people whom nobody knows.
    await waitFor(() => rests.length === hashed && told === hashed - 1);
    rests[hashed - threads]?.();
  }
  patient = false;
  for (const over of rests) over();
  await Promise.all(all);
});

it('rests as long as a hash took, 50 ms at most, while others wait, and not at all otherwise', async () => {
  const timer = jest.spyOn(globalThis, 'setTimeout');
  try {
    let waiting = true;
    const rest = restWhile(() => waiting);
    await rest(3);
    await rest(5_000);
    expect(timer.mock.calls.map(([, ms]) => ms)).toEqual([3, 50]);
    waiting = false;
    await rest(30);
    expect(timer).toHaveBeenCalledTimes(2);
  } finally {
    timer.mockRestore();
  }
});

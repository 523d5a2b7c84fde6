import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { createPasswords } from './passwords.ts';

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

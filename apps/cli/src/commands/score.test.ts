import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from '../command.ts';
import { command as agree } from './agree.ts';
import { command as score } from './score.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(() => folder.remove());

async function runCommand(command: Command, lines: string[], args: string[] = []) {
  const file = path.join(folder.path, 'lines.jsonl');
  await writeFile(file, lines.join('\n'));
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const [code, out, err] = await Promise.all([
    command.run(['--jsonl', file, '--grader', 'offline', ...args], { stdout, stderr }).finally(() => {
      stdout.end();
      stderr.end();
    }),
    text(stdout),
    text(stderr),
  ]);
  return { code, out, err };
}

const rubric = { criteria: [{ id: 'c', description: 'light', points: 2, match: { type: 'keywords', groups: [{ anyOf: ['light'] }] } }] };
const line = (id: string, answer: string, more = {}) =>
  JSON.stringify({ id, question: 'What do plants need?', rubric, answer, maxScore: 2, ...more });

describe('gradeflow score', () => {
  it('grades lines in order, names wrong ones with their number and goes on', async () => {
    const { code, out, err } = await runCommand(score, [
      line('a', 'They need light to grow.'),
      '{broken',
      '',
      line('b', 'They need iron.'),
      '{"id":"c"}',
    ]);
    const results = out
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(results.map((result) => [result.id, result.score])).toEqual([
      ['a', 2],
      ['b', 0],
    ]);
    const [evidence] = results[0].criteria[0].evidence;
    expect('They need light to grow.'.slice(evidence.start, evidence.end)).toBe(evidence.quote);
    expect(err).toMatch(/^line 2: .*\nline 5: /);
    expect(code).toBe(1);
  });

  it('ends with 0 when all lines are well and with 2 without a file', async () => {
    expect((await runCommand(score, [line('a', 'light')])).code).toBe(0);
    expect(await score.run([], { stdout: new PassThrough().resume(), stderr: new PassThrough().resume() })).toBe(2);
  });
});

describe('gradeflow agree', () => {
  it('prints the figures of each dataset and of all', async () => {
    const good = (i: number) =>
      line(`g${i}`, i % 2 ? 'They need light.' : 'They need iron.', { humanScore: i % 2 ? 2 : 0, dataset: 'good' });
    const bad = (i: number) => line(`b${i}`, i % 2 ? 'They need light.' : 'They need iron.', { humanScore: i % 2 ? 0 : 2, dataset: 'bad' });
    const { code, out } = await runCommand(
      agree,
      [...Array(10).keys()].flatMap((i) => [good(i), bad(i)]),
      ['--json'],
    );
    const rows = out
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows.map((row) => [row.dataset, row.n, row.pearson.value])).toEqual([
      ['good', 10, expect.closeTo(1)],
      ['bad', 10, expect.closeTo(-1)],
      ['all', 20, expect.closeTo(0)],
    ]);
    expect(code).toBe(0);
  });

  it('fails for a line without a human score', async () => {
    expect((await runCommand(agree, [line('a', 'light')])).code).toBe(1);
  });
});
